"""A question about a reference in numbers: what the reference head sees beside the encoder's states.

Mention ranking (Denis & Baldridge, 2008; Lee et al., EMNLP 2017): each candidate is scored by a few of its mentions.
Training builds its questions here too.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np

from service.analysis.coreference.scene import Form, Party, Places, Scene, content_words, form_of
from service.analysis.english.gender import Gender
from service.core.frames import EntityType
from service.core.model import Floats, Ints
from service.core.references import ReferenceQuestion
from service.core.span import Span

CANDIDATES = 48  # of one question: the nearest, the most often named, those who spoke of late
MENTIONS = 5  # of one candidate: the first, the last before the phrase, the next after it
_LATE = 8  # attributions back in which whoever spoke is a candidate
_ENCLOSING = 12  # attributions back in which the claim around the phrase is looked for
_LEAD = 15  # code points from the start of a sentence within which its subject stands
_BESIDE = 70  # code points around a mention in which its apposition stands
_SENTENCES = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 1 << 30))

_GENDERS: Mapping[Gender | None, int] = {None: 0} | {gender: at for at, gender in enumerate(Gender, 1)}

PAIRS = (
    *("inside", "begins", "ends", "covers", "possessive", "in_content", "claimed", "quoted", "phrase_quoted"),
    *("same_sentence", "same_paragraph", "after", "sentences_1", "sentences_2", "sentences_4", "sentences_8"),
    *("sentences_16", "sentences_more", "characters", "leads", "leads_beside", "before_in_sentence", "between"),
    *("spoke", "spoke_last", "spoke_second_last", "same_head", "same_words", "no_other_word", "head_beside"),
    *("words_beside", "name", "description", "pronoun", "named_inside", "length"),
)
CANDIDATE = (
    *("person", "organization", "location", "group", "other", "unnamed", "mentions_before", "mentions", "opening"),
    *("unseen", "spoke", "times_spoken", "since_spoken", "spoke_lately", "spoke_last", "spoke_second_last"),
    *("spoke_just_before", "said_in_sentence", "said_in_paragraph", "said_in_paragraph_before", "encloses"),
    *("gender_same", "gender_other", "gender_unknown"),
)
CIRCUMSTANCES = (
    *("no_source", "no_cue", "quoted", "content_quoted", "content_first", "opens_paragraph", "enclosed", "pronoun"),
    *("definite", "indefinite", "words", "capital", "name_inside", "name_ends", "words_beside", "head_named"),
    *("first", "said_in_sentence", "said_in_paragraph", "said_in_paragraph_before", "no_claim"),
)


def ask(scene: Scene, number: int) -> tuple[list[Party], ReferenceQuestion]:
    """Return the candidates for who makes an attribution, and the question about them.

    Args:
        scene: told of all that comes before the attribution.
        number: which of `scene.attributions`.
    """
    attribution = scene.attributions[number]
    return _Asking(scene, number, attribution.source, attribution.cue, attribution.hull).done()


class _Asking:
    """One question in the making."""

    def __init__(self, scene: Scene, number: int, source: Span | None, cue: Span | None, content: Span | None) -> None:
        self.scene, self.number = scene, number
        self.source, self.cue, self.content = source, cue, content
        anchor = source or cue or content
        if anchor is None:
            raise ValueError("a question needs a phrase, a cue or a content")
        self.anchor = anchor if source or cue else Span(anchor.start, anchor.start + 1)
        self.sentence = int(scene.sentence(self.anchor.start))
        self.paragraph = int(scene.paragraph(self.sentence))
        self.quoted = bool(scene.is_quoted(self.anchor.start))
        phrase = source.of(scene.text) if source else ""
        self.phrase = phrase
        self.is_pronoun = bool(source) and form_of(phrase, scene.language) is Form.PRONOUN
        words = [] if self.is_pronoun else content_words(phrase, scene.language)
        self.words, self.head = frozenset(words), words[-1] if words else ""
        self.enclosing = self._enclosing()
        self.last_said = self._said(scene.spoken[-1][0]) if scene.spoken else (False, False, False)

    def done(self) -> tuple[list[Party], ReferenceQuestion]:
        places = self.scene.places()
        numbers = self._candidates(places)
        parties = [self.scene.parties[at] for at in numbers]
        chosen = [self._chosen(places, party) for party in parties]
        picked = np.asarray([row for rows in chosen for row in rows], dtype=np.int64)
        pairs = self._pairs(places, picked)
        question = ReferenceQuestion(
            source=self.source,
            cue=self.cue,
            content=self.content,
            mentions=tuple(
                Span(start, end)
                for start, end in zip(places.start[picked].tolist(), places.end[picked].tolist(), strict=True)
            ),
            owners=np.repeat(np.arange(len(parties)), [len(rows) for rows in chosen]),
            pairs=_stacked(pairs, PAIRS, len(picked)),
            candidates=self._of_candidates(places, np.asarray(numbers, dtype=np.int64), parties),
            circumstances=self._circumstances(pairs, len(picked)),
        )
        return parties, question

    # Who is asked about

    def _candidates(self, places: Places) -> list[int]:
        """Return the candidates by number, ascending."""
        count = len(self.scene.parties)
        if count <= CANDIDATES:
            return list(range(count))
        nearest = np.full(count, 1 << 30)
        np.minimum.at(nearest, places.party, np.abs(places.start - self.anchor.start))
        score = np.log1p(np.bincount(places.party, minlength=count)) - nearest / 2000.0
        for _, party in self.scene.spoken[-_LATE:]:
            score[party] += 5.0
        return sorted(np.argsort(-score, kind="stable")[:CANDIDATES].tolist())

    def _chosen(self, places: Places, party: Party) -> list[int]:
        """Return the mentions by which a candidate is scored."""
        if len(party.rows) <= MENTIONS:
            return party.rows
        rows = sorted(party.rows, key=places.starts.__getitem__)
        at = bisect_left(rows, self.anchor.end, key=places.starts.__getitem__)
        last = rows[max(0, at - 3) : at + 1]
        return [rows[0], *[row for row in last if row != rows[0]]][:MENTIONS]

    def _enclosing(self) -> int | None:
        """Return who makes the claim that the phrase stands in."""
        speakers = self.scene.speakers
        for number in range(len(speakers) - 1, max(-1, len(speakers) - _ENCLOSING), -1):
            speaker = speakers[number]
            pieces = self.scene.attributions[number].contents
            if speaker is not None and number != self.number and any(piece.covers(self.anchor) for piece in pieces):
                return speaker
        return None

    def _said(self, number: int) -> tuple[bool, bool, bool]:
        """Return whether an attribution ends in the phrase's sentence, its paragraph, the paragraph before."""
        sentence = int(self.scene.sentence(self.scene.attributions[number].hull.end - 1))
        paragraph = int(self.scene.paragraph(sentence))
        return sentence == self.sentence, paragraph == self.paragraph, paragraph == self.paragraph - 1

    # Features

    def _pairs(self, places: Places, rows: Ints) -> dict[str, Floats]:
        start, end, form, spoke = places.start[rows], places.end[rows], places.form[rows], places.spoke[rows]
        anchor, source = self.anchor, self.source
        inside = (
            (start >= source.start) & (end <= source.end) if source is not None else np.zeros(len(rows), dtype=np.bool_)
        )
        back = self.sentence - places.sentence[rows]
        gap = np.abs(back)
        leads = places.lead[rows] <= _LEAD
        claim = places.claim[rows]
        claims = self.scene.claims if len(self.scene.claims) else np.zeros((1, 2), dtype=np.int64)
        around = claims[np.maximum(claim, 0)]
        low = np.searchsorted(places.sorted, np.minimum(start, anchor.start))
        high = np.searchsorted(places.sorted, np.maximum(start, anchor.start))
        found = {
            "inside": inside,
            "begins": inside & (start <= anchor.start),
            "ends": inside & (end >= anchor.end - 1),
            "covers": (start <= anchor.start) & (end >= anchor.end) & ~inside,
            "possessive": places.possessive[rows],
            "in_content": (start >= self.content.start) & (end <= self.content.end) if self.content else inside & False,
            "claimed": (claim >= 0) & ~((around[:, 0] <= anchor.start) & (around[:, 1] >= anchor.end)),
            "quoted": places.quoted[rows],
            "phrase_quoted": np.full(len(rows), self.quoted),
            "same_sentence": back == 0,
            "same_paragraph": places.paragraph[rows] == self.paragraph,
            "after": start >= anchor.end,
            "characters": np.log1p(np.abs(start - anchor.start)) / 7.0,
            "leads": leads,
            "leads_beside": leads & (gap == 1),
            "before_in_sentence": (back == 0) & (start < anchor.start),
            "between": np.log1p(np.maximum(high - low - 1, 0)) / 3.0,
            "spoke": spoke >= 0,
            "spoke_last": (spoke >= 0) & (self.number - spoke == 1),
            "spoke_second_last": (spoke >= 0) & (self.number - spoke == 2),  # noqa: PLR2004
            "name": form == Form.NAME,
            "description": form == Form.DESCRIPTION,
            "pronoun": form == Form.PRONOUN,
            "named_inside": inside & (form == Form.NAME),
            "length": np.minimum(end - start, 40) / 40.0,
        }
        for name, (least, most) in zip(PAIRS[12:18], _SENTENCES, strict=True):
            found[name] = (gap >= least) & (gap <= most)
        return found | self._shared(rows, start, end)

    def _shared(self, rows: Ints, start: Ints, end: Ints) -> dict[str, Floats]:
        """Return what words the mentions, and what stands around them, share with the phrase."""
        names = ("same_head", "same_words", "no_other_word", "head_beside", "words_beside")
        found = {name: np.zeros(len(rows), dtype=np.float32) for name in names}
        if not self.words or self.source is None:
            return found
        for at, row in enumerate(rows.tolist()):
            words, head = self.scene.words(row)
            if words:
                found["same_head"][at] = head == self.head
                found["same_words"][at] = len(words & self.words) / len(words | self.words)
                found["no_other_word"][at] = words <= self.words
        for word in sorted(self.words):
            starts = self.scene.starts_of(word)
            starts = starts[(starts < self.source.start) | (starts >= self.source.end)]
            hit = np.searchsorted(starts, end + _BESIDE) > np.searchsorted(starts, start - _BESIDE)
            found["words_beside"] += hit / np.float32(len(self.words))
            if word == self.head:
                found["head_beside"] += hit
        return found

    def _of_candidates(self, places: Places, numbers: Ints, parties: Sequence[Party]) -> Floats:
        """Return what is seen of each candidate without its mentions, shape (candidates, len(CANDIDATE))."""
        count, spoken = len(self.scene.parties), self.scene.spoken
        mentions = np.bincount(places.party, minlength=count)[numbers]
        before = np.bincount(places.party[places.start < self.anchor.start], minlength=count)[numbers]
        first = np.full(count, 1 << 30)
        np.minimum.at(first, places.party, places.sentence)
        times = np.asarray([len(party.spoke) for party in parties], dtype=np.int64)
        since = self.number - np.asarray([party.spoke[-1] if party.spoke else self.number for party in parties])
        last = numbers == (spoken[-1][1] if spoken else -1)
        gender, actors = self._gender(), [party.actor for party in parties]
        genders = np.asarray([_GENDERS[actor.gender] for actor in actors], dtype=np.int64)
        asked, unknown = gender is not None, genders == _GENDERS[None]
        person = np.asarray([actor.type is EntityType.PERSON for actor in actors], dtype=np.bool_)
        found = {
            **{kind.value: np.asarray([actor.type is kind for actor in actors], dtype=np.bool_) for kind in EntityType},
            "unnamed": np.asarray([actor.unnamed for actor in actors], dtype=np.bool_),
            "mentions_before": np.log1p(before) / 3.0,
            "mentions": np.log1p(mentions) / 3.0,
            "opening": first[numbers] < 2,  # noqa: PLR2004
            "unseen": before == 0,
            "spoke": times > 0,
            "times_spoken": np.log1p(times) / 2.0,
            "since_spoken": np.log1p(since) / 2.0,
            "spoke_lately": (times > 0) & (since <= 3),  # noqa: PLR2004
            "spoke_last": last,
            "spoke_second_last": numbers == (spoken[-2][1] if len(spoken) > 1 else -1),
            "spoke_just_before": last & (bool(spoken) and spoken[-1][0] == self.number - 1),
            "said_in_sentence": last & self.last_said[0],
            "said_in_paragraph": last & self.last_said[1],
            "said_in_paragraph_before": last & self.last_said[2],
            "encloses": numbers == (-1 if self.enclosing is None else self.enclosing),
            "gender_same": (genders == _GENDERS[gender]) & asked,
            "gender_other": ~unknown & (genders != _GENDERS[gender]) & asked,
            "gender_unknown": unknown & person & asked,
        }
        return _stacked(found, CANDIDATE, len(numbers))

    def _gender(self) -> Gender | None:
        language = self.scene.language
        word = language.folded(self.phrase).strip()
        if word in language.masculine:
            return Gender.MALE
        return Gender.FEMALE if word in language.feminine else None

    def _circumstances(self, pairs: Mapping[str, Floats], mentions: int) -> Floats:
        language = self.scene.language
        first = language.folded(self.phrase.split(maxsplit=1)[0]) if self.phrase.split() else ""
        said = self._said(self.number - 1) if self.number else (False, False, False)

        def most(name: str, name_only: str | None = None) -> float:
            if not mentions:
                return 0.0
            values = np.asarray(pairs[name], dtype=np.float32)
            return float((values * pairs[name_only] if name_only else values).max())

        content = self.content
        found = {
            "no_source": self.source is None,
            "no_cue": self.cue is None,
            "quoted": self.quoted,
            "content_quoted": content is not None and bool(self.scene.is_quoted(min(content.start + 1, content.end))),
            "content_first": content is not None and content.start < self.anchor.start,
            "opens_paragraph": content is not None and self.scene.opens_paragraph(content.start),
            "enclosed": self.enclosing is not None,
            "pronoun": self.is_pronoun,
            "definite": first in language.demonstratives,
            "indefinite": first in {"a", "an"},
            "words": np.log1p(len(self.phrase.split())) / 2.0,
            "capital": self.phrase[:1].isupper(),
            "name_inside": most("inside"),
            "name_ends": most("ends"),
            "words_beside": most("words_beside"),
            "head_named": most("same_head", "name"),
            "first": self.number == 0,
            "said_in_sentence": said[0],
            "said_in_paragraph": said[1],
            "said_in_paragraph_before": said[2],
            "no_claim": content is None,
        }
        return np.asarray([float(found[name]) for name in CIRCUMSTANCES], dtype=np.float32)


def _stacked(columns: Mapping[str, Floats], names: Sequence[str], rows: int) -> Floats:
    if not rows:
        return np.zeros((0, len(names)), dtype=np.float32)
    return np.stack([np.asarray(columns[name], dtype=np.float32) for name in names], axis=1)
