"""Bytes to articles and outcomes to bytes: JSON, CloudEvents, ninjs, events and dead letters.

Imports `core` and `schemas`.
"""
