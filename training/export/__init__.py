"""A trained run to an artifact that the service reads, and whether both say the same.

Imports the other packages of `training`.
"""
