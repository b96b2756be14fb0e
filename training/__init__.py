"""Train, evaluate and export the model that the service runs.

Imports `service` and `evaluation`; neither imports this package.
"""
