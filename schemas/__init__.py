"""The wire: pydantic models of everything that crosses a process border, their JSON Schema snapshots and examples.

`article` is what comes in, `enriched` what goes out; `export` writes the snapshots. Nothing here knows the service.
"""
