"""Tagged names to entities: which mentions are one person, body or place. Imports `text` and `english`."""
