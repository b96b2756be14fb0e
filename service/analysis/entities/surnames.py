"""The persons of a text: who bears which name, and which of a family a surname alone stands for."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from service.analysis.english.gender import Gender
from service.analysis.english.subjects import is_subject
from service.analysis.entities.actor import Actor, add, gender_of
from service.analysis.entities.names import LONGEST_NAME, Mention, core_words, key_of, same_person
from service.core.deadline import in_time
from service.core.frames import EntityType

_UNMET, _CLOSE_BY, _LEADS, _NAMED = 5.0, 1.0, 2.5, 0.5  # what speaks for a bearer of a surname
_FADES = 400.0  # code points after which a name in full counts a third
_BEARERS = 50  # of one word in their names: more are a list, and are met by their whole names alone
_CLOSE = 300  # code points, some two sentences: nearer than that the last bearer of the name is meant


class People:
    """The persons of a text: full names first, then surnames and given names to their bearers."""

    def __init__(self, text: str, mentions: Sequence[Mention]) -> None:
        self._text = text
        self._called: dict[Actor, list[int]] = {}  # where an actor is called by one name alone
        self._leads: dict[Actor, list[int]] = {}  # where an actor is named in full as the subject of a clause
        self.actors: list[Actor] = []
        self._by_word: dict[str, list[Actor]] = {}
        self._by_beginning: dict[tuple[str, ...], list[Actor]] = {}
        self._by_name: dict[tuple[str, ...], Actor] = {}
        self._full: dict[Actor, list[int]] = {}  # where an actor is named in full
        full = [mention for mention in mentions if 1 < len(core_words(mention.words)) <= LONGEST_NAME]
        self._alone = {word for mention in mentions for word in core_words(mention.words) if len(mention.words) == 1}
        for mention in full:
            self._named_in_full(mention)
        whole = set(full)
        self._titled = Counter(
            (mention.words[-1], mention.title) for mention in mentions if mention.words and mention not in whole
        )
        lone: dict[str, Actor] = {}
        for mention in sorted(set(mentions) - whole, key=lambda one: one.span):
            actor = self.bearer(mention)
            if actor is None:
                key = key_of(mention.text)
                actor = lone.get(key) or self._family(mention)
                actor = actor or Actor(name=mention.text, type=EntityType.PERSON, gender=mention.title)
                lone[key] = actor
            sure = actor.gender is not None or len(self._surnamed(mention.words[-1] if mention.words else "")) < 2  # noqa: PLR2004
            add(actor, mention)
            if not sure:
                actor.gender = None  # "Mrs. Roe" may be another Roe
            self._called.setdefault(actor, []).append(mention.span.start)
        self.actors += lone.values()

    def _family(self, mention: Mention) -> Actor | None:
        """Return those who share a surname as one group, where the text calls them by its plural: "the Roes"."""
        word = mention.words[-1] if len(mention.words) == 1 else ""
        stems = [word[: -len(ending)] for ending in ("s", "es") if word.endswith(ending)]
        bearers = next((b for stem in stems if len(b := self._surnamed(stem)) == 2), None)  # noqa: PLR2004
        if bearers is None:
            return None
        return Actor(name=" and ".join(one.name for one in bearers), type=EntityType.GROUP)

    def _surnamed(self, word: str) -> list[Actor]:
        return [actor for actor in self._by_word.get(word, []) if core_words(actor.words)[-1] == word]

    def _named_in_full(self, mention: Mention) -> None:
        in_time()
        words = core_words(mention.words)
        beginning = tuple(words[:2])
        near = [
            *([self._by_name[tuple(words)]] if tuple(words) in self._by_name else []),
            *self._by_word.get(words[-1], []),
            *self._by_beginning.get(beginning, []),
        ]
        actor = next((a for a in near if same_person(a.words, words) and _agree(a.gender, mention.title)), None)
        if actor is None:
            actor = Actor(name=mention.text, type=EntityType.PERSON, gender=mention.title)
            self.actors.append(actor)
            self._full[actor] = []
        add(actor, mention)
        self._full[actor].append(mention.span.start)
        if is_subject(self._text, mention.span):
            self._leads.setdefault(actor, []).append(mention.span.start)
        self._by_name.setdefault(tuple(words), actor)
        for bearers in (
            self._by_beginning.setdefault(beginning, []),
            *(self._by_word.setdefault(word, []) for word in words),
        ):
            if len(bearers) < _BEARERS and actor not in bearers:
                bearers.append(actor)

    def bearer(self, mention: Mention, *, surname_only: bool = False) -> Actor | None:
        """Return whom a surname (or given name) alone stands for: the one named close before, else the most named."""
        in_time()
        word = core_words(mention.words)[-1] if mention.words else ""
        pool = self._by_word.get(word, [])
        fit = [actor for actor in pool if core_words(actor.words)[-1] == word]
        if not fit and not surname_only:
            fit = pool
        if mention.title is not None:
            fit = [a for a in fit if (a.gender or gender_of(a) or mention.title) is mention.title]
        elif len(fit) > 1:  # of a family, whom the text calls by the given name it does not call by the surname
            fit = [a for a in fit if core_words(a.words)[0] not in self._alone] or fit
        else:
            fit = [actor for actor in fit if not self._outdone(actor, word)]
        return max(fit, key=lambda actor: self._prominence(actor, mention.span.start)) if fit else None

    def _outdone(self, actor: Actor, word: str) -> bool:
        """Return whether a name alone is somebody else's, of the other gender, whom the text never names in full.

        Beside a Jane Roe who is named once, "Mr. Roe" again and again shows that "Roe" is he.
        """
        own = actor.gender or gender_of(actor)
        if own is None:
            return False
        other = Gender.MALE if own is Gender.FEMALE else Gender.FEMALE
        return self._titled[word, other] > self._titled[word, own] + len(self._full[actor])

    def _prominence(self, actor: Actor, at: int) -> tuple[float, int, int]:
        """Return how likely an actor is to be called by the surname alone at a position.

        Whoever was named in full as a subject since is, and whoever bore the name alone before; somebody mentioned in
        passing is not, and somebody yet to come hardly.
        """
        full = self._full[actor]
        last = _last(full, at)
        lead = _last(self._leads.get(actor, ()), at)
        called = bisect_left(self._called.get(actor, []), at)
        return (
            (-_UNMET if last is None else 0.0)
            + (_CLOSE_BY if last is not None and at - last < _CLOSE else 0.0)
            + math.log1p(called)
            + (_LEADS * math.exp((lead - at) / _FADES) if lead is not None else 0.0)
            + _NAMED * math.log(len(full)),
            len(full),
            -full[0],
        )


def _last(places: Sequence[int], at: int) -> int | None:
    before = bisect_right(places, at)
    return places[before - 1] if before else None


def _agree(a: Gender | None, b: Gender | None) -> bool:
    return a is None or b is None or a is b
