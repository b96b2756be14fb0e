"""Georgian."""

from service.analysis.languages.language import Language

GEORGIAN = Language(code="ka")
