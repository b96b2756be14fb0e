"""Russian."""

from service.analysis.languages.language import Language

RUSSIAN = Language(code="ru")
