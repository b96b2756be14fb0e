"""Turkish."""

from service.analysis.languages.language import Language

TURKISH = Language(code="tr")
