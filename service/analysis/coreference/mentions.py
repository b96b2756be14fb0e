"""The index of mentions: who is named or described where, and who spoke where.

Mentions and speakers are added as they become known; queries change nothing.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Sequence

from service.analysis.coreference.described_as import roles
from service.analysis.coreference.positions import joined_people
from service.analysis.english.noun_phrase import parse, plural_phrases, singular
from service.analysis.entities.actor import Actor
from service.analysis.languages.lookup import language_of
from service.core.document import Document
from service.core.frames import EntityType
from service.core.span import Span

_IN_VIEW = 40  # sentences back; what was named earlier and never since is not an antecedent
_GROUPS = 3  # sentences back in which "they" finds a group that no tagger marks


class Mentions:
    """Who was named or described where in one document, and who spoke where.

    Args:
        document: the text.
        actors: everyone named in it.
    """

    def __init__(self, document: Document, actors: Sequence[Actor]) -> None:
        self.document = document
        self.text = document.text
        self.language = language_of(document.language)
        self._starts = [sentence.span.start for sentence in document.sentences]
        self._quotes = [quote.span for quote in document.quotes if quote.depth == 0]
        self._quote_starts = [span.start for span in self._quotes]
        self._entries: list[tuple[int, int, int]] = []  # start, end, index of the actor
        self._actors: list[Actor] = []
        self._index: dict[Actor, int] = {}
        self._of: list[list[tuple[int, int]]] = []  # the mentions of each actor
        self._roles: dict[int, tuple[set[str], set[str]]] = {}
        self._pairs: dict[tuple[str, str], Actor] = {}
        self._spoken: list[tuple[int, int]] = []  # position, index of the actor
        self._heard: dict[int, list[int]] = {}  # where each actor spoke
        self._claims: list[Span] = []
        for actor in actors:
            for mention in actor.mentions:
                self.add(actor, mention)

    # Noting

    def add(self, actor: Actor, mention: Span) -> None:
        """Note a mention of an actor."""
        if actor not in self._index:
            self._index[actor] = len(self._actors)
            self._actors.append(actor)
            self._of.append([])
        entry = (mention.start, mention.end, self._index[actor])
        at = bisect_left(self._entries, entry)
        if self._entries[at : at + 1] != [entry]:
            self._entries.insert(at, entry)
            insort(self._of[entry[2]], (mention.start, mention.end))

    def add_groups(self, position: int) -> None:
        """Note what "they" may mean at a position and no tagger marks: "local residents", two people joined by "and".

        Only the last few sentences are looked through.
        """
        here = self.sentence(position)
        for number in range(max(0, here - _GROUPS), here + 1):
            sentence = self.document.sentences[number].span
            for span in plural_phrases(self.text, sentence):
                if any(
                    start < span.end and span.start < end and self._actors[index].unnamed
                    for start, end, index in self._near(span)
                ):
                    continue
                name = " ".join(span.of(self.text).split())
                self.add(Actor(name=name, type=EntityType.GROUP, unnamed=True, mentions=[span]), span)
            for (one, a), (two, b) in joined_people(self.text, self.within(sentence)):
                together = Span(one.start, two.end)
                pair = self._pairs.setdefault(
                    (a.name, b.name),
                    Actor(name=f"{a.name} and {b.name}", type=EntityType.GROUP, unnamed=True, mentions=[together]),
                )
                self.add(pair, together)

    def add_speaker(self, actor: Actor, position: int) -> None:
        """Note that an actor spoke at a position."""
        index = self._index.get(actor)
        if index is not None:
            insort(self._spoken, (position, index))
            insort(self._heard.setdefault(index, []), position)

    def add_claims(self, pieces: Sequence[Span]) -> None:
        """Note what is claimed: whoever is named in it is spoken of, and less likely the next to speak."""
        self._claims = sorted(pieces)

    # Questions about places

    def sentence(self, position: int) -> int:
        """Return the index of the sentence at a position."""
        return max(0, bisect_right(self._starts, position) - 1)

    def start_of(self, position: int) -> int:
        """Return where the sentence at a position begins."""
        return self._starts[self.sentence(position)]

    def paragraph(self, position: int) -> int:
        """Return the index of the paragraph at a position."""
        return self.document.sentences[self.sentence(position)].paragraph

    def quoted_share(self, span: Span) -> float:
        """Return how much of a span stands in quotation marks, 0 to 1."""
        at = bisect_right(self._quote_starts, span.start) - 1
        inside = 0
        for quote in self._quotes[max(0, at) :]:
            if quote.start >= span.end:
                break
            inside += max(0, min(quote.end, span.end) - max(quote.start, span.start))
        return inside / (span.end - span.start)

    def is_claimed(self, span: Span, source: Span) -> bool:
        """Return whether a mention stands in a claim that a source is outside of."""
        at = bisect_left(self._claims, Span(span.start, span.start + 1))
        around = self._claims[max(0, at - 4) : at + 1]
        return any(piece.covers(span) and not piece.covers(source) for piece in around)

    # Questions about people

    @property
    def actors(self) -> Sequence[Actor]:
        """Everyone named or described so far, in the order in which they became known; an index is a place in it."""
        return self._actors

    def within(self, span: Span) -> list[tuple[Span, Actor]]:
        """Return the named actors mentioned inside a span, in order, of overlapping mentions the longest."""
        at = bisect_left(self._entries, (span.start, 0, 0))
        found: list[tuple[Span, Actor]] = []
        for start, end, index in self._entries[at:]:
            if start >= span.end:
                break
            actor = self._actors[index]
            if end > span.end or actor.unnamed:
                continue
            if found and found[-1][0].end > start:
                if end - start > found[-1][0].end - found[-1][0].start:
                    found[-1] = (Span(start, end), actor)
                continue
            found.append((Span(start, end), actor))
        return found

    def named_in(self, told: Collection[Span], source: Span) -> list[Actor]:
        """Return who is named in what somebody says; not in a content that holds its own source."""
        return [actor for span in told if not span.overlaps(source) for _, actor in self.within(span)]

    def in_view(self, source: Span) -> dict[int, Span]:
        """Return the last mention of everyone named or heard of late, by index; outside quotes if one there is near."""
        here = self.sentence(source.start)
        horizon = self._starts[max(0, here - _IN_VIEW)]
        latest: dict[int, Span] = {}
        first = bisect_left(self._entries, (horizon, 0, 0))
        last = bisect_left(self._entries, (source.start, 0, 0))
        for start, end, index in self._entries[first:last]:
            span = Span(start, end)
            if index not in latest or not self.quoted_share(span) or self._is_far(latest[index].start, here):
                latest[index] = span
        first, last = (bisect_left(self._spoken, (at, -1)) for at in (horizon, source.start))
        for _, index in self._spoken[first:last]:
            if index not in latest:
                before = [entry for entry in self._of[index] if entry[0] < source.start]
                if before:
                    latest[index] = Span(*before[-1])
        return latest

    def _is_far(self, position: int, here: int) -> bool:
        return here - self.sentence(position) > 3  # noqa: PLR2004

    def is_part_of_group(self, span: Span) -> bool:
        """Return whether a name only tells more of a described group: "Valley" in "Valley authorities"."""
        return any(
            start <= span.start and span.end < end and self._actors[index].type is EntityType.GROUP
            for start, end, index in self._near(span)
            if self._actors[index].unnamed
        )

    def _near(self, span: Span) -> list[tuple[int, int, int]]:
        at = bisect_left(self._entries, (span.start, 0, 0))
        return self._entries[max(0, at - 4) : at + 4]

    def count(self, index: int, before: int) -> int:
        """Return how often an actor was mentioned before a position."""
        return bisect_left(self._of[index], (before, 0))

    def last_named(self, index: int, before: int) -> int | None:
        """Return where an actor was last named before a position."""
        at = bisect_left(self._of[index], (before, 0))
        return self._of[index][at - 1][0] if at else None

    def last_speaker(self, before: int) -> int | None:
        """Return the index of whoever spoke last before a position."""
        at = bisect_left(self._spoken, (before, -1))
        return self._spoken[at - 1][1] if at else None

    def last_spoke(self, index: int, before: int) -> int | None:
        """Return where an actor spoke last before a position."""
        heard = self._heard.get(index, [])
        at = bisect_left(heard, before)
        return heard[at - 1] if at else None

    def roles(self, index: int) -> tuple[set[str], set[str]]:
        """Return the nouns that say what an actor is, and all words of its descriptions."""
        if index not in self._roles:
            actor = self._actors[index]
            if actor.unnamed:
                phrase = parse(actor.name)
                self._roles[index] = ({phrase.head, singular(phrase.head)}, {phrase.head, *phrase.modifiers})
            else:
                self._roles[index] = roles(self.document, actor, self._floor)
        return self._roles[index]

    def _floor(self, mention: Span) -> int:
        """Return the end of the person named last before a mention, unless that one is named as a possessor."""
        at = bisect_left(self._entries, (mention.start, 0, 0))
        ends = [
            end
            for _, end, index in self._entries[max(0, at - 4) : at]
            if end <= mention.start and self._actors[index].type is EntityType.PERSON
        ]
        return max((end for end in ends if self.text[end : end + 1] not in {"'", "’"}), default=0)
