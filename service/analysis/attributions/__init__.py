"""Tagged spans to attributions: which source, cue and content belong together. Imports `text` and `english`."""
