"""The facts of a language that the stages ask for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

_STEM = 5  # letters that stand for a word whatever its ending (fixed-length truncation; Can et al., JASIST 2008)
_LEAST = 2  # letters of a stem that an ending may follow
_LEAST_ALONE = 4  # letters of a stem of which the text has no nominative


@dataclass(frozen=True, kw_only=True)
class Language:
    """The facts of one language; the defaults are those of a language of which nothing is known.

    Attributes:
        code: ISO 639-1.
        has_grammar: `analysis.english` and the stages built on it are for this language. Only English has that: what
            they know is left to the model elsewhere.
        accents: marks that stand on a letter inside a word, and end no sentence: Armenian `Ինչո՞ւ`.
        pauses: marks that look like full stops and end no sentence.
        leads_in: marks at the end of a paragraph that lead in what is said in the next one.
        declensions: endings of names: that of the nominative, and those of its other cases, parted by spaces.
        agrees: the words of a body's name before its last one take endings too.
        given_names_decline: given names take endings beside surnames.
        indeclinable: pattern of given names that take none, nevertheless.
        agglutinates: a nominative stands whole before every ending.
        certain: pattern of endings that no nominative has: the Armenian article, the Georgian ergative behind a vowel.
        apart: marks that set an ending apart from a name: `Ankara'nın`.
        set_apart: endings that stand behind such a mark alone, parted by spaces.
        same: letters that are written for each other, by code point, for comparisons.
        pronouns: words that stand for somebody whom the text names or describes elsewhere, in lower case.
        masculine, feminine: those of them that show a gender.
        generic: pronouns of other kinds, by which somebody unnamed may be called ("many").
        demonstratives: words that begin a description of somebody known ("this").
        small_words: words that say nothing of whom a phrase describes.
        lone_letters: single letters that are words and may be who speaks.
    """

    code: str
    has_grammar: bool = False
    accents: str = ""
    pauses: str = ""
    leads_in: str = ":"
    declensions: tuple[tuple[str, str], ...] = ()
    agrees: bool = False
    given_names_decline: bool = False
    indeclinable: str = ""
    agglutinates: bool = False
    certain: str = ""
    apart: str = ""
    set_apart: str = ""
    same: Mapping[int, int | None] = field(default_factory=dict)
    pronouns: frozenset[str] = frozenset()
    masculine: frozenset[str] = frozenset()
    feminine: frozenset[str] = frozenset()
    generic: frozenset[str] = frozenset()
    demonstratives: frozenset[str] = frozenset()
    small_words: frozenset[str] = frozenset()
    lone_letters: str = ""

    def folded(self, word: str) -> str:
        """Return a word as it is compared: in lower case, without marks on letters, each letter in one spelling."""
        return word.translate(self.same).casefold()

    def stem(self, word: str) -> str:
        """Return what is the same in most forms of a word, to find it again in others: in English all of it."""
        return self.folded(word)[:_STEM] if self.declensions else self.folded(word)

    def nominatives(self, word: str, least: int = _LEAST) -> frozenset[str]:
        """Return the nominatives of which a folded word may be another case, by the endings alone.

        Args:
            word: as `folded` gives it.
            least: letters that the stem has at least.
        """
        return frozenset(
            word[: len(word) - length] + nominative
            for length in range(self._longest + 1)
            if len(word) - length >= least
            for nominative in self._nominative.get(word[len(word) - length :], ())
        )

    def meeting(self, word: str) -> frozenset[str]:
        """Return keys of a folded word of which two words share one wherever they may be one word in two cases."""
        return self.nominatives(word) | {word}

    def is_case_of(self, word: str, nominative: str) -> bool:
        """Return whether one folded word may be another case of another."""
        return nominative in self.nominatives(word)

    def one_word(self, a: str, b: str) -> bool:
        """Return whether two folded words may be one in two cases, of which neither need be the nominative."""
        if a == b or a[:_LEAST] != b[:_LEAST]:
            return a == b
        if self.is_case_of(a, b) or self.is_case_of(b, a):
            return True
        return not self.nominatives(a, _LEAST_ALONE).isdisjoint(self.nominatives(b, _LEAST_ALONE))

    def stem_of_cases(self, words: Collection[str]) -> str | None:
        """Return what folded words are all cases of, where it stands whole in each; None where none or one shows it."""
        if not self.agglutinates or len(words) < 2:  # noqa: PLR2004
            return None
        stems = [{one for one in {word, *self.nominatives(word)} if word.startswith(one)} for word in words]
        return max(frozenset.intersection(*map(frozenset, stems)), key=len, default=None)

    @cached_property
    def endings(self) -> frozenset[str]:
        """The endings that may follow a mark that sets them apart."""
        return frozenset(self._nominative) - {""} | frozenset(self.set_apart.split())

    @cached_property
    def _nominative(self) -> Mapping[str, tuple[str, ...]]:
        """The endings of the nominative by those of the other cases; `_` stands for none."""
        found: dict[str, tuple[str, ...]] = {}
        for nominative, others in self.declensions:
            for ending in others.split():
                plain = ending.strip("_")
                found[plain] = (*found.get(plain, ()), nominative)
        return found

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._nominative), default=-1)


def words(text: str) -> frozenset[str]:
    """Return the words of a list written as running text."""
    return frozenset(text.split())


def is_small(letter: str) -> bool:
    """Return whether a letter is a small one of a script that has capitals; Georgian is written without them."""
    return letter.title() != letter
