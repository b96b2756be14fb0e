"""Exports a trained run as an artifact for the service, and checks that both give the same answers.

Imports the other packages of `training`.
"""
