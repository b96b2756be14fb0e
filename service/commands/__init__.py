"""The commands of the command line, one module each. Imports `bootstrap` and everything below it."""
