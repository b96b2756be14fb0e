"""Azerbaijani."""

from service.analysis.languages.language import Language

AZERBAIJANI = Language(code="az")
