"""Everything that speaks Kafka, and the schema registry. Imports `core`, `wire`, `settings` and `telemetry`."""
