"""The training mixture: which files make which task, and the share of training time of each task."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from service.inference.tokenizer import Tokenizer
from training.data import annotated, multilingual_examples, propositions, readers
from training.data.attribution_examples import attribution_examples, short_examples
from training.data.coreference_examples import document_examples, pronoun_examples, source_examples
from training.data.entity_examples import entity_examples, marked_entity_examples, taught_names
from training.data.layouts import as_speech
from training.data.readers import AttributionArticle
from training.data.renaming import Names, names_of, renamed, speakers
from training.data.schedule import Sized, Task
from training.data.second_examples import second_examples
from training.data.sentence_examples import (
    author_examples,
    directed_examples,
    discourse_examples,
    taught_pairs,
    taught_stances,
    topic_pairs,
)

FRAMED_COPIES = 2  # of each article with frames, since these are the domain; the second one is renamed
PASSAGES = 500  # of GAP, which are long and ask one question each
UNRELATED = 0.35  # neutral topic pairs made of unrelated ones, to each given pair

# Shares of all padded tokens. Attribution needs most: its contents are long and its edges exact.
# Completely annotated articles hold what PolNeAR does not mark: nested statements, demands, beliefs. With less than
# .14 for the others, what is found in PolNeAR falls by a point.
SHARES = {
    "attribution": 0.15,
    "complete": 0.23,
    "short": 0.08,
    "speech": 0.02,
    "second": 0.25,
    "coreference": 0.08,
    "directed": 0.03,
    "author": 0.03,
    "entity": 0.07,
    "discourse": 0.01,
    "topic": 0.05,
}


# Shares of the teacher's answers. With a teacher, all shares are divided by their sum.
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
    *,
    separator: int,
    multilingual: bool = False,
) -> list[Task]:
    """Read every training file and return the tasks. No development file is touched.

    Args:
        data: the data folder.
        gold: the folder of gold frames.
        tokenizer: the base's.
        window: tokens in a window, special tokens not counted.
        budget: padded tokens per batch.
        seed: of every draw.
        queries: stance questions beside the frames' own (`python -m training queries`).
        taught: what a teacher says (`python -m training teach`).
        separator: the token between the names and the text of a second reading.
        multilingual: with the parallel documents, of which the English side joins the articles, and Russian data.
    """
    asked = readers.frame_queries(queries) if queries else []
    tagged = readers.tagged_rows(data / "ner/worldwide.train.jsonl")
    every = annotated.training_articles(data, gold)
    every += annotated.parallel_articles(data, "en") if multilingual else []
    articles = list(_articles(every, asked, names_of(tagged), seed))
    complete = [item for item in articles if item[0].nested and not item[0].found]
    others = [item for item in articles if not item[0].nested or item[0].found]
    topics = _topics(data, seed)
    examples: dict[str, Sequence[Sized]] = {
        "attribution": [
            example for one, mine in others for example in attribution_examples([one], tokenizer, window, mine)
        ],
        "complete": [
            example for one, mine in complete for example in attribution_examples([one], tokenizer, window, mine)
        ],
        "short": list(short_examples([one for one, _ in articles if not one.found], tokenizer, seed)),
        "speech": list(attribution_examples(_speeches([one for one, _ in complete], seed), tokenizer, window)),
        "second": [example for one, mine in articles for example in second_examples(one, tokenizer, mine, separator)],
        "coreference": [
            *source_examples([one for one, _ in articles], tokenizer, window),
            *document_examples(data / "coref/gum.train.jsonl", tokenizer, window, seed),
            *islice(pronoun_examples(data / "coref/gap.train.jsonl", tokenizer, window), PASSAGES),
        ],
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
        shares |= TAUGHT_SHARES
    if multilingual:
        examples |= multilingual_examples.examples(data, tokenizer, window, seed, separator)
        shares |= multilingual_examples.SHARES
    if taught is not None or multilingual:
        whole = sum(shares.values())
        shares = {name: share / whole for name, share in shares.items()}
    return [Task(name, examples[name], share, budget, seed) for name, share in shares.items()]


def _speeches(articles: Sequence[AttributionArticle], seed: int) -> Iterator[AttributionArticle]:
    for number, article in enumerate(articles):
        chance = random.Random(f"{seed}/speech/{article.id}/{number}")  # noqa: S311 - repeatable draws are wanted
        if speech := as_speech(article, chance):
            yield speech


def _topics(data: Path, seed: int) -> list[readers.TopicRow]:
    rows = [
        row
        for name in ("gwsd", "perspectrum", "argkp")
        for row in readers.topic_rows(data / f"topic_stance/{name}.train.jsonl")
    ]
    longer = list(propositions.joined(rows, seed))
    return [*rows, *longer, *propositions.with_matters([*rows, *longer])]


def _articles(
    every: Sequence[AttributionArticle], queries: Sequence[readers.FrameQuery], names: Names, seed: int
) -> Iterator[tuple[AttributionArticle, list[readers.FrameQuery]]]:
    """Yield the training articles with their stance questions; those with frames again, with people renamed."""
    names = names.and_those(speakers(every))
    mine: dict[str, list[readers.FrameQuery]] = defaultdict(list)
    for query in queries:
        mine[query.article].append(query)
    for article in every:
        asked = mine[article.id]
        yield article, asked
        framed = any(item.frame for item in article.attributions)
        for copy in range(1, FRAMED_COPIES if framed else 1):
            chance = random.Random(f"{seed}/{article.id}/{copy}")  # noqa: S311 - repeatable draws are wanted
            yield renamed(article, asked, names, chance)
