"""The loop from the input topic to committed outcomes, and what to do when processing fails.

Imports `streaming` for its batches, `telemetry`, `settings` and `core`.
"""
