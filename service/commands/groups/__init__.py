"""Groups of commands, one module each: `claimwire topics …`, `claimwire dead-letter …`.

A command imports what it needs when it runs, so that `--help` does not wait for the model's libraries.
"""
