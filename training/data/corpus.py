"""The training mixture: which files make which task, and how much of the time each task is given."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from service.inference.tokenizer import Tokenizer
from training.data import annotated, propositions, readers
from training.data.attribution_examples import attribution_examples
from training.data.entity_examples import entity_examples, marked_entity_examples, taught_names
from training.data.examples import Example
from training.data.renaming import Names, names_of, renamed, speakers
from training.data.schedule import Sized, Task
from training.data.sentence_examples import (
    author_examples,
    debate_examples,
    directed_examples,
    discourse_examples,
    taught_pairs,
    taught_stances,
    topic_pairs,
)

FRAMED_COPIES = 2  # of each article with frames, since these are the domain; the second one is renamed
UNRELATED = 0.35  # neutral topic pairs made of unrelated ones, to each given pair

# Shares of all padded tokens. Attribution needs most: its contents are long and its edges exact.
SHARES = {
    "attribution": 0.41,
    "directed": 0.12,
    "author": 0.07,
    "entity": 0.22,
    "debate": 0.02,
    "discourse": 0.02,
    "topic": 0.14,
}


# Shares of what a teacher says; where there is a teacher, all shares are divided by their sum.
TAUGHT_SHARES = {"taught_names": 0.12, "taught_stances": 0.22, "taught_topic": 0.1}


def tasks(
    data: Path,
    gold: Path,
    tokenizer: Tokenizer,
    window: int,
    budget: int,
    seed: int,
    queries: Path | None = None,
    taught: Path | None = None,
) -> list[Task]:
    """Read every training file and return the tasks. No development file is touched."""
    asked = readers.frame_queries(queries) if queries else []
    tagged = readers.tagged_rows(data / "ner/worldwide.train.jsonl")
    attribution = list(_attribution(data, gold, tokenizer, window, asked, names_of(tagged), seed))
    topics = _topics(data, seed)
    examples: dict[str, Sequence[Sized]] = {
        "attribution": attribution,
        "directed": list(
            directed_examples(readers.directed_rows(data / "directed_stance/dse.train.jsonl"), tokenizer, window)
        ),
        "author": list(
            author_examples(readers.target_rows(data / "target_stance/newsmtsc.train.jsonl"), tokenizer, window)
        ),
        "entity": [
            *entity_examples(tagged, tokenizer, window, seed),
            *marked_entity_examples(annotated.marked_articles(data), tokenizer, window, seed),
        ],
        "debate": list(
            debate_examples(readers.labelled_texts(data / "check_worthiness/ct24.train.jsonl"), tokenizer, window)
        ),
        "discourse": list(
            discourse_examples(
                readers.discourse_articles(data / "discourse/newsdiscourse.train.jsonl"), tokenizer, window
            )
        ),
        "topic": list(topic_pairs(topics, tokenizer, window, seed, UNRELATED)),
    }
    shares = dict(SHARES)
    if taught is not None:
        lessons = readers.taught(taught)
        examples["taught_names"] = list(taught_names(lessons, tokenizer, window))
        examples["taught_stances"] = list(taught_stances(lessons, tokenizer, window))
        examples["taught_topic"] = list(taught_pairs(lessons, tokenizer, window))
        every = sum(SHARES.values()) + sum(TAUGHT_SHARES.values())
        shares = {name: share / every for name, share in (SHARES | TAUGHT_SHARES).items()}
    return [Task(name, examples[name], share, budget, seed) for name, share in shares.items()]


def _topics(data: Path, seed: int) -> list[readers.TopicRow]:
    rows = [
        row
        for name in ("gwsd", "perspectrum", "argkp")
        for row in readers.topic_rows(data / f"topic_stance/{name}.train.jsonl")
    ]
    longer = list(propositions.joined(rows, seed))
    return [*rows, *longer, *propositions.with_matters([*rows, *longer])]


def _attribution(
    data: Path,
    gold: Path,
    tokenizer: Tokenizer,
    window: int,
    queries: Sequence[readers.FrameQuery],
    names: Names,
    seed: int,
) -> Iterator[Example]:
    every = annotated.training_articles(data, gold)
    names = names.and_those(speakers(every))
    for article in every:
        asked = [query for query in queries if query.article == article.id]
        yield from attribution_examples([article], tokenizer, window, asked)
        framed = any(item.frame for item in article.attributions)
        for copy in range(1, FRAMED_COPIES if framed else 1):
            chance = random.Random(f"{seed}/{article.id}/{copy}")  # noqa: S311 - repeatable draws are wanted
            again, moved = renamed(article, asked, names, chance)
            yield from attribution_examples([again], tokenizer, window, moved)
