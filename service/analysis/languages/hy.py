"""Armenian."""

from service.analysis.languages.language import Language

ARMENIAN = Language(code="hy", accents="՛՜՞", pauses="․")
