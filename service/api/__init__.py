"""Everything that speaks HTTP, and the page.

Imports `core`, `wire`, `settings` and `telemetry`; meets Kafka and the model through `ports`.
"""
