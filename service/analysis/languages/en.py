"""English: its grammar is in `analysis.english`."""

from service.analysis.english import function_words
from service.analysis.languages.language import Language

ENGLISH = Language(
    code="en",
    has_grammar=True,
    pronouns=function_words.MASCULINE
    | function_words.FEMININE
    | function_words.NEUTER
    | function_words.PLURAL
    | function_words.FIRST_SINGULAR
    | function_words.FIRST_PLURAL,
    masculine=function_words.MASCULINE,
    feminine=function_words.FEMININE,
    generic=function_words.RELATIVE
    | function_words.SECOND
    | function_words.GENERIC
    | function_words.DEFINITES - {"the", "same"}
    | {"some", "many", "others", "both", "all"},
    demonstratives=function_words.DEFINITES,
    small_words=function_words.DEFINITES
    | function_words.POSSESSIVES
    | frozenset("a an of for and in on at to by from with s or who as".split()),  # noqa: SIM905
    lone_letters="I",
)
