"""Wrappers that measure, trace or log what they wrap.

Imports the ports that they wrap (of `api` and `worker`), `streaming`, `telemetry`, `settings` and `core`.
"""
