"""Rows to training examples: windows of token ids with everything that is known about them, offsets become tokens."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from service.analysis.text.document import segment
from service.core.model import Tokens
from service.core.span import Span
from service.inference import windows
from service.inference.crf import tokens_under, trim
from service.inference.tag_layers import ENTITY_TYPES, ROLE_LAYERS
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.readers import AttributionArticle, Offsets, Taught

STANCES = ("favor", "against", "neutral")
DIRECTIONS = ("neutral", "p_to_q_positive", "p_to_q_negative", "q_to_p_positive", "q_to_p_negative")
AUTHOR_LABELS = {"positive": "favor", "negative": "against", "neutral": "neutral"}
DISCOURSE_ROLES = (
    "Main",
    "Main_Consequence",
    "Cause_Specific",
    "Cause_General",
    "Distant_Historical",
    "Distant_Anecdotal",
    "Distant_Evaluation",
    "Distant_Expectations_Consequences",
)

Pieces = tuple[tuple[int, int], ...]  # first and last token of each piece of a span, both within


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A stance question: indices into the window's spans (holder -1: the author) and the number of the answer."""

    claim: int
    holder: int
    target: int
    label: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A stance question and how a teacher spreads its answer: over three labels, or over the five directions."""

    claim: int
    holder: int
    target: int
    said: tuple[float, ...]


@dataclass(slots=True, kw_only=True)
class Example:
    """One window. A field that is empty is unknown here, not absent: it takes no part in the loss.

    Attributes:
        ids: token ids with shapes, without special tokens.
        states: by tag layer, the state of each token.
        spans: the spans that the other fields point at.
        roles: by role, which spans of an attribution article have it, in order, for links.
        owners: by span, the attributions that it belongs to.
        frame: stance questions answered by gold frames.
        directed: (holder p, target q, sentence, label).
        author: stance questions about the author.
        worth: (span, label) of gold frames, and of debates.
        discourse: (span, role or -1, speech).
        taught_directed: directed questions answered by a teacher.
        taught_author: author questions answered by a teacher.
    """

    ids: NDArray[np.int64]
    states: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    spans: list[Pieces] = field(default_factory=list)
    roles: dict[str, list[int]] = field(default_factory=dict)
    owners: dict[int, frozenset[str]] = field(default_factory=dict)
    frame: list[Query] = field(default_factory=list)
    directed: list[tuple[int, int, int, int]] = field(default_factory=list)
    author: list[Query] = field(default_factory=list)
    worth: list[tuple[int, bool]] = field(default_factory=list)
    debate: list[tuple[int, bool]] = field(default_factory=list)
    discourse: list[tuple[int, int, bool]] = field(default_factory=list)
    taught_directed: list[Lesson] = field(default_factory=list)
    taught_author: list[Lesson] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Return the tokens of the window, special tokens counted."""
        return len(self.ids) + 2

    def add(self, pieces: Pieces) -> int:
        """Add a span, or find it, and return its index."""
        if pieces not in self.spans:
            self.spans.append(pieces)
        return self.spans.index(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A text and a topic, for the pairwise pass, and how the answer spreads over favor, against and neutral."""

    text: NDArray[np.int64]
    topic: NDArray[np.int64]
    said: tuple[float, ...]

    @property
    def length(self) -> int:
        """Return the tokens of both, special tokens counted."""
        return len(self.text) + len(self.topic) + 3


def attribution_examples(
    articles: Iterable[AttributionArticle],
    tokenizer: Tokenizer,
    window: int,
    queries: Sequence[readers.FrameQuery] = (),
) -> Iterator[Example]:
    """Cut articles into windows, with tag layers, links and gold frames; `queries` are asked beside the frames' own."""
    asked: dict[str, list[readers.FrameQuery]] = defaultdict(list)
    for query in queries:
        asked[query.article].append(query)
    for article in articles:
        tokens = tokenizer([article.text])[0]
        sentences = [sentence.span for sentence in segment(article.text).sentences]
        chains = _chains(article, tokens)
        frames = frame_questions(article, asked[article.id])
        for start, end in windows.cut(len(tokens), windows.starts(tokens, sentences), window):
            states = {name: chain[start:end] for name, chain in chains.items()}
            example = Example(ids=tokens.ids[start:end], states=states)
            if not article.found:
                _add_links(example, article, tokens, start, end)
            _add_frames(example, frames, article, tokens, start, end)
            if example.states or example.worth:  # of a window without either nothing is known
                yield example


def entity_examples(
    rows: Sequence[readers.TaggedRow], tokenizer: Tokenizer, window: int, seed: int
) -> Iterator[Example]:
    """Join the rows of a document to a text (paragraph breaks are lost in the data: some are put back at random)."""
    gap = _gap(seed)
    for document in documents(rows):
        yield from _entity_windows(*entity_text(document, gap), tokenizer, window)


def marked_entity_examples(
    articles: Iterable[readers.MarkedArticle], tokenizer: Tokenizer, window: int, seed: int
) -> Iterator[Example]:
    """Join the sentences of an article whose entities are known; the others are left out."""
    gap = _gap(seed)
    for article in articles:
        text = ""
        spans: list[tuple[int, int, str]] = []
        sentences: list[Span] = []
        for start, end in article.sentences:
            text += gap() if text else ""
            moved = len(text) - start
            text += article.text[start:end]
            sentences.append(Span(start + moved, end + moved))
            spans += [(at + moved, to + moved, kind) for at, to, kind in article.entities if start <= at < end]
        yield from _entity_windows(text, spans, sentences, tokenizer, window)


def _gap(seed: int) -> Callable[[], str]:
    chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones
    return lambda: "\n" if chance.random() < 0.5 else " "  # noqa: PLR2004


def _entity_windows(
    text: str, spans: Iterable[tuple[int, int, str]], sentences: Sequence[Span], tokenizer: Tokenizer, window: int
) -> Iterator[Example]:
    tokens = tokenizer([text])[0]
    states = np.zeros(len(tokens), dtype=np.int64)
    for start, end, kind in spans:
        _mark(states, tokens_under(tokens, start, end), ENTITY_TYPES.index(kind))
    for start, end in windows.cut(len(tokens), windows.starts(tokens, sentences), window):
        yield Example(ids=tokens.ids[start:end], states={"entity": states[start:end]})


def documents(rows: Sequence[readers.TaggedRow]) -> Iterator[list[readers.TaggedRow]]:
    """Group the rows of one document; a row of none stands alone."""
    group: list[readers.TaggedRow] = []
    for row in rows:
        if group and (row.doc is None or row.doc != group[0].doc):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def entity_text(
    document: Sequence[readers.TaggedRow], gap: Callable[[], str], types: dict[str, str] = readers.WORLDWIDE_TYPES
) -> tuple[str, list[tuple[int, int, str]], list[Span]]:
    """Return a document as running text, its entities as (start, end, type), and its rows as sentences."""
    text = ""
    found: list[tuple[int, int, str]] = []
    sentences: list[Span] = []
    for row in document:
        if not row.tokens:
            continue
        piece, places = readers.joined(row.tokens)
        text += gap() if text else ""
        at = len(text)
        text += piece
        sentences.append(Span(at, len(text)))
        found.extend(
            (at + places[first][0], at + places[last][1], kind)
            for first, last, kind in readers.tagged_spans(row, types)
        )
    return text, found, sentences


def sentence_example(text: str, tokenizer: Tokenizer, window: int) -> tuple[Example, Tokens]:
    """Return an example of one short text whose first span is the whole of it."""
    tokens = tokenizer([text])[0]
    kept = Tokens(ids=tokens.ids[:window], start=tokens.start[:window], end=tokens.end[:window])
    example = Example(ids=kept.ids)
    if len(kept):
        example.add(((0, len(kept) - 1),))
    return example, kept


def directed_examples(rows: Iterable[readers.DirectedRow], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Make an example of each sentence with two mentions."""
    for row in rows:
        example, tokens = sentence_example(row.text, tokenizer, window)
        p, q = tokens_under(tokens, *row.p), tokens_under(tokens, *row.q)
        if p and q:
            example.directed.append((example.add((p,)), example.add((q,)), 0, DIRECTIONS.index(row.label)))
            yield example


def author_examples(rows: Iterable[readers.TargetRow], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Make an example of each sentence and mention."""
    for row in rows:
        example, tokens = sentence_example(row.text, tokenizer, window)
        target = tokens_under(tokens, *row.target)
        if target:
            label = STANCES.index(AUTHOR_LABELS[row.label])
            example.author.append(Query(claim=0, holder=-1, target=example.add((target,)), label=label))
            yield example


def debate_examples(rows: Iterable[readers.LabelledText], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Make an example of each debate sentence."""
    for row in rows:
        example, tokens = sentence_example(row.text, tokenizer, window)
        if len(tokens):
            example.debate.append((0, row.label))
            yield example


def discourse_examples(
    articles: Iterable[readers.DiscourseArticle], tokenizer: Tokenizer, window: int
) -> Iterator[Example]:
    """Cut articles into windows, with the role and speech flag of each whole sentence."""
    for article in articles:
        text, places = "", []
        for sentence, role, speech in article.sentences:
            if sentence.strip():
                text += "\n" if text else ""
                places.append((len(text), len(text) + len(sentence), role, speech))
                text += sentence
        tokens = tokenizer([text])[0]
        starts = windows.starts(tokens, [Span(start, end) for start, end, _, _ in places])
        for start, end in windows.cut(len(tokens), starts, window):
            example = Example(ids=tokens.ids[start:end])
            for at, until, role, speech in places:
                pieces = _within(tokens, [(at, until)], start, end)
                if pieces and role is not None:
                    number = DISCOURSE_ROLES.index(role) if role in DISCOURSE_ROLES else -1
                    example.discourse.append((example.add(pieces), number, speech))
            if example.discourse:
                yield example


def taught_names(taught: Iterable[Taught], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Cut articles into windows, with the names that a teacher finds in them."""
    for item in taught:
        if item.names:
            sentences = [sentence.span for sentence in segment(item.text).sentences]
            yield from _entity_windows(item.text, item.names, sentences, tokenizer, window)


def taught_stances(taught: Iterable[Taught], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Make an example of each sentence of which a teacher was asked stances."""
    for item in taught:
        if not item.directed and not item.author:
            continue
        example, tokens = sentence_example(item.text, tokenizer, window)
        for p, q, said in item.directed:
            one, other = tokens_under(tokens, *p), tokens_under(tokens, *q)
            if one and other:
                lesson = Lesson(claim=0, holder=example.add((one,)), target=example.add((other,)), said=said)
                example.taught_directed.append(lesson)
        for mention, said in item.author:
            target = tokens_under(tokens, *mention)
            if target:
                example.taught_author.append(Lesson(claim=0, holder=-1, target=example.add((target,)), said=said))
        if example.taught_directed or example.taught_author:
            yield example


def taught_pairs(taught: Sequence[Taught], tokenizer: Tokenizer, window: int) -> Iterator[Pair]:
    """Make pairs of the topics that a teacher was asked."""
    asked = [(item.text, topic, said) for item in taught for topic, said in item.topics]
    texts, topics = tokenizer([text for text, _, _ in asked]), tokenizer([topic for _, topic, _ in asked])
    for text, topic, (_, _, said) in zip(texts, topics, asked, strict=True):
        other = topic.ids[: window // 3]
        if len(text) and len(other):
            yield Pair(text=text.ids[: window - 1 - len(other)], topic=other, said=said)


def topic_pairs(
    rows: Sequence[readers.TopicRow], tokenizer: Tokenizer, window: int, seed: int, unrelated: float
) -> Iterator[Pair]:
    """Make pairs; a share `unrelated` more of them pairs a text with the topic of another: neutral."""
    chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones
    topics = sorted({row.topic for row in rows})
    texts = tokenizer([row.text for row in rows])
    topic_ids = dict(zip(topics, (tokens.ids for tokens in tokenizer(topics)), strict=True))

    def pair(text: NDArray[np.int64], topic: str, label: str) -> Pair:
        other = topic_ids[topic][: window // 3]
        said = tuple(float(label == stance) for stance in STANCES)
        return Pair(text=text[: window - 1 - len(other)], topic=other, said=said)

    for row, tokens in zip(rows, texts, strict=True):
        if not len(tokens) or not len(topic_ids[row.topic]):
            continue
        yield pair(tokens.ids, row.topic, row.label)
        if chance.random() < unrelated:
            other = chance.choice(topics)
            if other != row.topic and not _share_words(other, row.topic):
                yield pair(tokens.ids, other, "neutral")


def _share_words(one: str, other: str) -> bool:
    words = [{word for word in re.findall(r"\w+", text.lower()) if len(word) > 4} for text in (one, other)]  # noqa: PLR2004
    return bool(words[0] & words[1])


def _chains(article: AttributionArticle, tokens: Tokens) -> dict[str, NDArray[np.int64]]:
    if article.found:
        return {}
    chains = {name: np.zeros(len(tokens), dtype=np.int64) for name in ROLE_LAYERS}
    if not article.nested:
        del chains["inner_content"]  # PolNeAR marks no content inside a content: none is unknown there, not absent
    for role in ("source", "cue"):
        for start, end in sorted({span for item in article.attributions for span in getattr(item, role)}):
            _mark(chains[role], _trimmed_range(article.text, tokens, start, end))
    ends = 0
    contents = {span for item in article.attributions for span in item.content}
    for start, end in sorted(contents, key=lambda span: (span[0], -span[1])):
        place = _trimmed_range(article.text, tokens, start, end)
        if start >= ends:
            _mark(chains["content"], place)
            ends = end
        elif "inner_content" in chains:
            _mark(chains["inner_content"], place)
    if article.nested:
        del chains["boilerplate"]  # not marked in these articles
    else:
        for start, end in article.discard:
            _mark(chains["boilerplate"], tokens_under(tokens, start, end))
    return chains


def _trimmed_range(text: str, tokens: Tokens, start: int, end: int) -> tuple[int, int] | None:
    span = trim(text, start, end)
    return tokens_under(tokens, span.start, span.end) if span else None


def _mark(states: NDArray[np.int64], place: tuple[int, int] | None, kind: int = 0) -> None:
    if place is None or states[place[0] : place[1] + 1].any():
        return
    first, last = place
    offset = 1 + 4 * kind
    if first == last:
        states[first] = offset + 3
    else:
        states[first] = offset
        states[first + 1 : last] = offset + 1
        states[last] = offset + 2


def _within(tokens: Tokens, spans: Iterable[Offsets], start: int, end: int) -> Pieces | None:
    """Return the spans as tokens of the window `start` to `end`, or None if one does not lie wholly inside."""
    pieces: list[tuple[int, int]] = []
    for span in spans:
        place = tokens_under(tokens, *span)
        if place is None or place[0] < start or place[1] >= end:
            return None
        pieces.append((place[0] - start, place[1] - start))
    return tuple(sorted(pieces)) or None


def _add_links(example: Example, article: AttributionArticle, tokens: Tokens, start: int, end: int) -> None:
    for role in ("source", "cue", "content"):
        owners: dict[Offsets, set[str]] = {}
        for item in article.attributions:
            for span in getattr(item, role):
                owners.setdefault(span, set()).add(item.id)
        found: dict[int, set[str]] = {}
        for span, ids in owners.items():
            trimmed = trim(article.text, *span)
            pieces = _within(tokens, [(trimmed.start, trimmed.end)], start, end) if trimmed else None
            if pieces:
                found.setdefault(example.add(pieces), set()).update(ids)
        example.roles[role] = sorted(found, key=lambda index: example.spans[index])
        for index, ids in found.items():
            example.owners[index] = example.owners.get(index, frozenset()) | ids


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuestion:
    """The gold frame of one attribution: its content and source, and (mention, label) of each target found near."""

    content: tuple[Offsets, ...]
    source: Offsets | None
    check_worthy: bool
    targets: tuple[tuple[Offsets, str], ...]


def frame_questions(article: AttributionArticle, queries: Sequence[readers.FrameQuery] = ()) -> list[FrameQuestion]:
    """Return what the gold frames of an article say, each target at a mention inside the content.

    Every name of the article that a content mentions and its speaker takes no stance on is a neutral target. Of the
    targets in `queries` (pronouns, names outside the content) each is asked too.
    """
    added: dict[str, list[tuple[Offsets, str]]] = defaultdict(list)
    for query in queries:
        added[query.attribution].append((query.target, query.label))
    inventory = {
        name
        for item in article.attributions
        if item.frame
        for name in (*(target for target, _ in item.frame.stances), item.frame.speaker)
        if name != "author"
    }
    questions: list[FrameQuestion] = []
    for item in article.attributions:
        if item.frame is None or not item.content:
            continue
        held = dict(item.frame.stances)
        targets: list[tuple[Offsets, str]] = []
        for name in sorted(inventory | held.keys()):
            label = held.get(name, "neutral")
            targets.extend((mention, label) for mention in mentions(article.text, item.content, name))
        taken = {mention for mention, label in targets if label != "neutral"}
        for start, end in item.content:
            for name_match in _CAPITALISED.finditer(article.text, start, end):
                mention = name_match.span()
                opens = start == mention[0] or article.text[: mention[0]].rstrip()[-1:] in _SENTENCE_OPENERS
                free = not any(mention[0] < other[1] and other[0] < mention[1] for other, _ in targets)
                if free and not opens:  # the first word of a sentence is capital without being a name
                    targets.append((mention, "neutral"))
        questions.append(
            FrameQuestion(
                content=item.content,
                source=item.source[0] if item.source else None,
                check_worthy=item.frame.check_worthy,
                targets=tuple(
                    dict.fromkeys(
                        (
                            *(
                                (mention, label)
                                for mention, label in targets
                                if label != "neutral" or not any(mention[0] < o[1] and o[0] < mention[1] for o in taken)
                            ),
                            *added[item.id],
                        )
                    )
                ),
            )
        )
    return questions


_CAPITALISED = re.compile(r"[A-Z][\w’'-]+(?: (?:of |the |for )?[A-Z][\w’'-]+)*")
_SENTENCE_OPENERS = '.!?:“"‘–—…'
_NO_NAMES = frozenset(  # words that alone name nobody
    (
        "mr",
        "mrs",
        "ms",
        "dr",
        "sen",
        "rep",
        "gov",
        "president",
        "senator",
        "the",
        "a",
        "an",
        "of",
        "and",
        "for",
        "in",
        "to",
    )
)


def mentions(text: str, pieces: Iterable[Offsets], name: str) -> list[Offsets]:
    """Return where the pieces of a content mention `name`: as a whole, or by its longest run of own words."""
    words = re.findall(r"[\w’'-]+", name)
    for size in range(len(words), 0, -1):
        found: list[Offsets] = []
        for at in range(len(words) - size + 1):
            part = words[at : at + size]
            own = [word for word in part if word.lower() not in _NO_NAMES]
            if not own or (size < len(words) and not any(word[0].isupper() or len(word) > 6 for word in own)):  # noqa: PLR2004
                continue
            pattern = re.compile(r"\b" + r"\W+".join(map(re.escape, part)) + r"(?=\b|['’]s)", re.IGNORECASE)
            found.extend(match.span() for start, end in pieces for match in pattern.finditer(text, start, end))
        if found:
            return sorted(set(found))
    initials = "".join(word[0] for word in words if word[0].isupper())
    if len(initials) > 1:
        pattern = re.compile(rf"\b{initials}\b")
        return [match.span() for start, end in pieces for match in pattern.finditer(text, start, end)]
    return []


def _add_frames(
    example: Example, frames: Sequence[FrameQuestion], article: AttributionArticle, tokens: Tokens, start: int, end: int
) -> None:
    for question in frames:
        trimmed = [span for piece in question.content if (span := trim(article.text, *piece))]
        claim = _within(tokens, [(span.start, span.end) for span in trimmed], start, end)
        if claim is None:
            continue
        index = example.add(claim)
        example.worth.append((index, question.check_worthy))
        source = _within(tokens, [question.source], start, end) if question.source else None
        holder = example.add(source) if source else -1
        for mention, label in question.targets:
            target = _within(tokens, [mention], start, end)
            if target:
                example.frame.append(
                    Query(claim=index, holder=holder, target=example.add(target), label=STANCES.index(label))
                )
