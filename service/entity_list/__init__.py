"""The list of entities that the user wants recognised: read from a file, and read again when it changes.

Imports `analysis` (the list itself), `telemetry` and `core`.
"""
