"""Wrappers that measure, trace or log what they wrap. Imports the ports that they wrap, `core` and `telemetry`."""
