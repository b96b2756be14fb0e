"""Attribution articles to examples: tag layers, links between the spans of one attribution, and gold frames."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analysis.text.document import segment
from service.core.model import Tokens
from service.inference import windows
from service.inference.crf import tokens_under, trim
from service.inference.tag_layers import ROLE_LAYERS
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.examples import STANCES, Example, Query, mark, within
from training.data.inflected import inflected_mentions
from training.data.readers import AttributionArticle, Offsets

_SHORT_LENGTHS = (1, 1, 1, 2, 2, 3)  # sentences of a short text
_SHORT_GAP = 4  # up to how many sentences are left out between two of them, not counted itself
_NOT_INSIDE, _NOT_OPEN = (0, 1, 4), (0, 3, 4)  # states in which a text may begin, and end (BIOES)
_CAPITALISED = re.compile(r"[A-Z][\w’'-]+(?: (?:of |the |for )?[A-Z][\w’'-]+)*")
_SENTENCE_OPENERS = '.!?:“"‘–—…'
_NO_NAMES = frozenset(  # words that are not a name by themselves
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuestion:
    """The gold frame of one attribution: its content and source, and (mention, label) of each target found near."""

    content: tuple[Offsets, ...]
    source: Offsets | None
    check_worthy: bool | None
    targets: tuple[tuple[Offsets, str], ...]


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
        sentences = [sentence.span for sentence in segment(article.text, language=article.language).sentences]
        chains = _chains(article, tokens)
        frames = frame_questions(article, asked[article.id])
        for start, end in windows.cut(len(tokens), windows.starts(tokens, sentences), window):
            states = {name: chain[start:end] for name, chain in chains.items()}
            example = Example(ids=tokens.ids[start:end], states=states)
            if not article.found:
                _add_links(example, article, tokens, start, end)
            _add_frames(example, frames, article, tokens, start, end)
            if example.states or example.frame or example.worth:  # nothing is known of a window without either
                yield example


def short_examples(articles: Iterable[AttributionArticle], tokenizer: Tokenizer, seed: int) -> Iterator[Example]:
    """Cut texts of one to three sentences out of articles and tag them as they stand alone.

    A network that has seen windows full of sentences alone misses the one claim of a brief. Frames and links are left
    out: they may depend on text outside the window.
    """
    for article in articles:
        chance = random.Random(f"{seed}/short/{article.id}/{len(article.text)}")  # noqa: S311 - repeatable draws
        tokens = tokenizer([article.text])[0]
        sentences = [sentence.span for sentence in segment(article.text, language=article.language).sentences]
        chains = _chains(article, tokens)
        at = chance.randrange(_SHORT_GAP)
        while at < len(sentences) and chains:
            last = min(at + chance.choice(_SHORT_LENGTHS), len(sentences)) - 1
            place = tokens_under(tokens, sentences[at].start, sentences[last].end)
            alone = tokenizer([article.text[sentences[at].start : sentences[last].end]])[0]
            if place is not None and len(alone) == place[1] + 1 - place[0]:
                states = {name: chain[place[0] : place[1] + 1] for name, chain in chains.items()}
                if all(_whole(states[name]) for name in ROLE_LAYERS if name in states):
                    yield Example(ids=alone.ids, states=states)
            at = last + 1 + chance.randrange(_SHORT_GAP)


def _whole(states: NDArray[np.int64]) -> bool:
    """Return whether no span runs over either edge."""
    return not len(states) or (states[0] in _NOT_INSIDE and states[-1] in _NOT_OPEN)


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
            targets.extend((mention, label) for mention in mentions_in(article, item.content, name))
        taken = {mention for mention, label in targets if label != "neutral"}
        for start, end in item.content:
            for name_match in _CAPITALISED.finditer(article.text, start, end):
                mention = name_match.span()
                opens = start == mention[0] or article.text[: mention[0]].rstrip()[-1:] in _SENTENCE_OPENERS
                free = not any(mention[0] < other[1] and other[0] < mention[1] for other, _ in targets)
                if free and not opens:  # the first word of a sentence is capitalized without being a name
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


def mentions_in(article: AttributionArticle, pieces: Iterable[Offsets], name: str) -> list[Offsets]:
    """Return where the pieces of a content mention `name`, by the article's language."""
    if article.language == "en":
        return mentions(article.text, pieces, name)
    return inflected_mentions(article.text, pieces, name, article.language)


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


def _chains(article: AttributionArticle, tokens: Tokens) -> dict[str, NDArray[np.int64]]:
    if article.found:
        return {}
    chains = {name: np.zeros(len(tokens), dtype=np.int64) for name in ROLE_LAYERS}
    if not article.nested:
        del chains["inner_content"]  # PolNeAR does not mark a content inside a content: there it is unknown, not absent
    for role in ("source", "cue"):
        for start, end in sorted({span for item in article.attributions for span in getattr(item, role)}):
            mark(chains[role], _trimmed_range(article.text, tokens, start, end))
    ends = 0
    contents = {span for item in article.attributions for span in item.content}
    for start, end in sorted(contents, key=lambda span: (span[0], -span[1])):
        place = _trimmed_range(article.text, tokens, start, end)
        if start >= ends:
            mark(chains["content"], place)
            ends = end
        elif "inner_content" in chains:
            mark(chains["inner_content"], place)
    if article.nested:
        del chains["boilerplate"]  # not marked in these articles
    else:
        for start, end in article.discard:
            mark(chains["boilerplate"], tokens_under(tokens, start, end))
    return chains


def _trimmed_range(text: str, tokens: Tokens, start: int, end: int) -> tuple[int, int] | None:
    span = trim(text, start, end)
    return tokens_under(tokens, span.start, span.end) if span else None


def _add_links(example: Example, article: AttributionArticle, tokens: Tokens, start: int, end: int) -> None:
    for role in ("source", "cue", "content"):
        owners: dict[Offsets, set[str]] = {}
        for item in article.attributions:
            for span in getattr(item, role):
                owners.setdefault(span, set()).add(item.id)
        found: dict[int, set[str]] = {}
        for span, ids in owners.items():
            trimmed = trim(article.text, *span)
            pieces = within(tokens, [(trimmed.start, trimmed.end)], start, end) if trimmed else None
            if pieces:
                found.setdefault(example.add(pieces), set()).update(ids)
        example.roles[role] = sorted(found, key=lambda index: example.spans[index])
        for index, ids in found.items():
            example.owners[index] = example.owners.get(index, frozenset()) | ids


def _add_frames(
    example: Example, frames: Sequence[FrameQuestion], article: AttributionArticle, tokens: Tokens, start: int, end: int
) -> None:
    for question in frames:
        trimmed = [span for piece in question.content if (span := trim(article.text, *piece))]
        claim = within(tokens, [(span.start, span.end) for span in trimmed], start, end)
        if claim is None:
            continue
        index = example.add(claim)
        if question.check_worthy is not None:
            example.worth.append((index, question.check_worthy))
        source = within(tokens, [question.source], start, end) if question.source else None
        holder = example.add(source) if source else -1
        for mention, label in question.targets:
            target = within(tokens, [mention], start, end)
            if target:
                example.frame.append(
                    Query(claim=index, holder=holder, target=example.add(target), label=STANCES.index(label))
                )
