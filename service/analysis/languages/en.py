"""English: its grammar is in `analysis.english`."""

from service.analysis.languages.language import Language

ENGLISH = Language(code="en", has_grammar=True)
