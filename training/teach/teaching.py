"""Answers of a larger model on unlabelled texts, for a smaller one to learn from (Hinton et al., 2015).

The teacher reads the training articles of the data folder. It gives the names in them, the five-way directed stance of
pairs of names in one sentence, the author's stance toward a name, and the stance of arguments toward topics other than
their own. Stances are written as whole distributions before calibration, so that the student learns the teacher's doubt
too.
"""

import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np

from service.analysis.text.document import segment
from service.core.span import Span
from service.inference.artifact import load_model
from service.inference.manifest import Choice
from service.inference.model import ClaimwireModel, StanceQuery
from training.data import annotated, propositions, readers
from training.measure import measure

_PAIRS = 3  # asked of a sentence with many names
_NAMES = 2
_TOPICS = 2  # asked of an argument beside its own
_LONG = 5  # letters of a word that two topics may have in common
_SHORTEST, _LONGEST = 30, 600  # characters of a sentence
_BATCH = 512  # topics per batch


def write(teacher: Path, data: Path, output: Path, seed: int = 7) -> None:
    """Write the teacher's answers as JSON lines, for `train --taught`."""
    model = _uncalibrated(load_model(teacher))
    texts = _articles(data)
    with output.open("w", encoding="utf-8") as lines:
        for taught in chain(_of_articles(model, texts, seed), _of_arguments(model, data, seed)):
            row = {key: value for key in readers.Taught.__slots__ if (value := getattr(taught, key))}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _uncalibrated(model: ClaimwireModel) -> ClaimwireModel:
    plain = {
        name: Choice(scale=1.0, shift=(0.0,) * len(choice.shift), decision=choice.decision)
        for name, choice in model.manifest.choices.items()
    }
    model.manifest = replace(model.manifest, choices=plain)
    return model


def _articles(data: Path) -> list[str]:
    """Return the training articles without complete annotations of names and stances."""
    documents: dict[str | None, list[readers.TaggedRow]] = defaultdict(list)
    for row in readers.tagged_rows(data / "ner/worldwide.train.jsonl"):
        documents[row.doc].append(row)
    return [
        *(row["text"] for row in readers.rows(data / "attribution/polnear.train.jsonl")),
        *(
            "\n".join(text for text, _, _ in article.sentences if text.strip())
            for article in readers.discourse_articles(data / "discourse/newsdiscourse.train.jsonl")
        ),
        *(annotated.running_text(str(name), rows) for name, rows in documents.items()),
    ]


def _of_articles(model: ClaimwireModel, texts: Sequence[str], seed: int) -> Iterator[readers.Taught]:
    chance = random.Random(f"{seed}/taught")  # noqa: S311 - repeatable draws are wanted, not secret ones
    for number, (text, reading) in enumerate(zip(texts, measure.read(model, texts), strict=True), 1):
        found = model.spans(reading).entities
        yield readers.Taught(
            text=text, names=tuple((name.span.start, name.span.end, name.type.value) for name in found)
        )
        sentences = [sentence.span for sentence in segment(text).sentences]
        yield from _of_sentences(model, list(_with_names(text, sentences, [name.span for name in found])), chance)
        if number % 100 == 0:
            print(f"{number}/{len(texts)} articles", file=sys.stderr, flush=True)


def _with_names(text: str, sentences: Iterable[Span], names: Sequence[Span]) -> Iterator[tuple[str, list[Span]]]:
    for sentence in sentences:
        inside = [
            Span(name.start - sentence.start, name.end - sentence.start) for name in names if sentence.covers(name)
        ]
        if inside and _SHORTEST <= sentence.end - sentence.start <= _LONGEST:
            yield text[sentence.start : sentence.end], inside


def _of_sentences(
    model: ClaimwireModel, sentences: Sequence[tuple[str, list[Span]]], chance: random.Random
) -> Iterator[readers.Taught]:
    texts = [text for text, _ in sentences]
    for (text, names), reading in zip(sentences, measure.read(model, texts, [[] for _ in texts]), strict=True):
        whole = Span(0, len(text))
        pairs = _some(list(combinations(names, 2)), _PAIRS, chance)
        asked = _some(names, _NAMES, chance)
        directed = model.directed(reading, [(whole, p, q) for p, q in pairs]) if pairs else ()
        author = model.first_stance(reading, [StanceQuery(claim=(whole,), holder=None, target=name) for name in asked])
        yield readers.Taught(
            text=text,
            directed=tuple(
                ((p.start, p.end), (q.start, q.end), _rounded(np.exp(said)))
                for (p, q), said in zip(pairs, directed, strict=True)
            ),
            author=tuple(((at.start, at.end), _rounded(said)) for at, said in zip(asked, author, strict=True)),
        )


def _of_arguments(model: ClaimwireModel, data: Path, seed: int) -> Iterator[readers.Taught]:
    """Ask for the stance of each argument toward other topics that share a word with its own topic or with it."""
    chance = random.Random(f"{seed}/taught/topics")  # noqa: S311 - repeatable draws are wanted, not secret ones
    rows = [
        row
        for name in ("gwsd", "perspectrum", "argkp")
        for row in readers.topic_rows(data / f"topic_stance/{name}.train.jsonl")
    ]
    rows += propositions.joined(rows, seed)
    topics = sorted({row.topic for row in (*rows, *propositions.with_matters(rows))})
    sharing: dict[str, list[str]] = defaultdict(list)
    for topic in topics:
        for word in _words(topic):
            sharing[word].append(topic)
    asked: list[tuple[str, str]] = []
    for row in rows:
        near = sorted({topic for word in _words(f"{row.topic} {row.text}") for topic in sharing[word]} - {row.topic})
        asked += [(row.text, topic) for topic in _some(near, _TOPICS, chance)]
    for start in range(0, len(asked), _BATCH):
        part = asked[start : start + _BATCH]
        for (text, topic), said in zip(part, model.topics(part), strict=True):
            yield readers.Taught(text=text, topics=((topic, _rounded(said)),))
        print(f"{start + len(part)}/{len(asked)} topics", file=sys.stderr, flush=True)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) >= _LONG}


def _some(items: Sequence[Any], most: int, chance: random.Random) -> list[Any]:
    """Return at most `most` of the items, in their order."""
    return [items[at] for at in sorted(chance.sample(range(len(items)), min(most, len(items))))]


def _rounded(said: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(share), 4) for share in said)
