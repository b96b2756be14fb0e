"""The loop from the input topic to committed outcomes, and its judgement of what fails.

Imports `core`, `settings`, `telemetry`.
"""
