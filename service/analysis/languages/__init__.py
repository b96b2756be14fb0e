"""What the stages know of each language they read, as data: one module of facts for each. Imports `english`."""
