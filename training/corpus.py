"""The training mixture: which files make which task, and how much of the time each task is given."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from service.inference.tokenizer import Tokenizer
from training import readers
from training.examples import (
    Example,
    attribution_examples,
    author_examples,
    debate_examples,
    directed_examples,
    discourse_examples,
    entity_examples,
    topic_pairs,
)
from training.renaming import Names, names_of, renamed, speakers
from training.schedule import Task

FRAMED_COPIES = 5  # of each article with gold frames, since they are few and in the domain; all but one are renamed
UNRELATED = 0.35  # neutral topic pairs made of unrelated ones, to each given pair

# Shares of all padded tokens. Attribution needs most: its contents are long and its edges exact.
SHARES = {
    "attribution": 0.38,
    "directed": 0.17,
    "author": 0.15,
    "entity": 0.15,
    "debate": 0.03,
    "discourse": 0.02,
    "topic": 0.10,
}


def tasks(
    data: Path, gold: Path, tokenizer: Tokenizer, window: int, budget: int, seed: int, queries: Path | None = None
) -> list[Task]:
    """Read every training file and return the tasks. No development file is touched."""
    asked = readers.frame_queries(queries) if queries else []
    tagged = readers.tagged_rows(data / "ner/worldwide.train.jsonl")
    attribution = list(_attribution(data, gold, tokenizer, window, asked, names_of(tagged), seed))
    topics = [
        row
        for name in ("gwsd", "perspectrum", "argkp")
        for row in readers.topic_rows(data / f"topic_stance/{name}.train.jsonl")
    ]
    examples = {
        "attribution": attribution,
        "directed": list(
            directed_examples(readers.directed_rows(data / "directed_stance/dse.train.jsonl"), tokenizer, window)
        ),
        "author": list(
            author_examples(readers.target_rows(data / "target_stance/newsmtsc.train.jsonl"), tokenizer, window)
        ),
        "entity": list(entity_examples(tagged, tokenizer, window, seed)),
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
    return [Task(name, examples[name], share, budget, seed) for name, share in SHARES.items()]


def _attribution(
    data: Path,
    gold: Path,
    tokenizer: Tokenizer,
    window: int,
    queries: Sequence[readers.FrameQuery],
    names: Names,
    seed: int,
) -> Iterator[Example]:
    every = [
        article
        for articles, frames in (
            (data / "attribution/polnear.train.jsonl", gold / "frames.train.jsonl"),
            (gold / "worldwide.train.articles.jsonl", gold / "worldwide.train.frames.jsonl"),
        )
        for article in readers.attribution_articles(articles, frames)
    ]
    names = names.and_those(speakers(every))
    for article in every:
        asked = [query for query in queries if query.article == article.id]
        yield from attribution_examples([article], tokenizer, window, asked)
        framed = any(item.frame for item in article.attributions)
        for copy in range(1, FRAMED_COPIES if framed else 1):
            chance = random.Random(f"{seed}/{article.id}/{copy}")  # noqa: S311 - repeatable draws are wanted
            again, moved = renamed(article, asked, names, chance)
            yield from attribution_examples([again], tokenizer, window, moved)
