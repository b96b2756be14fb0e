"""Everything that speaks Kafka, and the schema registry.

Imports `wire`, `http_client`, `telemetry`, `settings`, `core` and `schemas`.
"""
