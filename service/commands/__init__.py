"""The commands of the command line, one module each. Imports `bootstrap`, and what lies below it."""
