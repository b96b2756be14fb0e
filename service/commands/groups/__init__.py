"""Groups of commands, one module each: `claimwire topics …`, `claimwire dead-letter …`.

Imports what the commands import, each when it runs, so that `--help` does not wait for the model's libraries.
"""
