"""Which entity a pronoun, a description or a short form stands for. Imports `entities` and what `entities` imports."""
