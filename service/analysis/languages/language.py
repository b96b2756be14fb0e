"""The facts of a language that the stages ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The facts of one language; the defaults are those of a language of which nothing is known.

    Attributes:
        code: ISO 639-1.
        has_grammar: `analysis.english` and the stages built on it are for this language. Only English has that: what
            they know is left to the model elsewhere.
        accents: marks that stand on a letter inside a word, and end no sentence: Armenian `Ինչո՞ւ`.
        pauses: marks that look like full stops and end no sentence.
    """

    code: str
    has_grammar: bool = False
    accents: str = ""
    pauses: str = ""


def is_small(letter: str) -> bool:
    """Return whether a letter is a small one of a script that has capitals; Georgian is written without them."""
    return letter.title() != letter
