"""Single sentences, sentences of an article and pairs with a topic to examples: stances, discourse roles."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from service.core.model import Tokens
from service.core.span import Span
from service.inference import windows
from service.inference.crf import tokens_under
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.examples import (
    AUTHOR_LABELS,
    DIRECTIONS,
    DISCOURSE_ROLES,
    STANCES,
    Example,
    Lesson,
    Pair,
    Query,
    within,
)
from training.data.readers import Taught


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
                pieces = within(tokens, [(at, until)], start, end)
                if pieces and role is not None:
                    number = DISCOURSE_ROLES.index(role) if role in DISCOURSE_ROLES else -1
                    example.discourse.append((example.add(pieces), number, speech))
            if example.discourse:
                yield example


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
