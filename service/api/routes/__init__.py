"""The endpoints, one module each. Imports the rest of `api`."""
