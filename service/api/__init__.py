"""Everything that speaks HTTP, and the page.

Imports `wire`, `http_client`, `telemetry`, `settings`, `core` and `schemas`; meets Kafka and the model through `ports`.
"""
