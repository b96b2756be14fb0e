"""Measurements, outside the tests: they take minutes and need data or a broker.

Imports `evaluation` and `service`, never `training`.
"""
