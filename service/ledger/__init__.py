"""The ledger: what the events on the output topic say, in the tables of a SQL database that anybody can query.

Imports `core`, `settings`, `telemetry`, `streaming` and `schemas`; nothing else speaks SQL.
"""
