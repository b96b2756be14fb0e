"""The training articles with frames: the gold ones, and those annotated for this project (`annotations/README.md`)."""

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.data import readers
from training.data.readers import AttributionArticle, MarkedArticle, TaggedRow

ANNOTATIONS = Path(__file__).parents[1] / "annotations"
# Kept from training: weights and thresholds of stances are fitted on what the network has not seen.
POLNEAR_UNSEEN, WORLDWIDE_UNSEEN = (
    ANNOTATIONS / "polnear.tune.frames.jsonl",
    ANNOTATIONS / "worldwide.tune.frames.jsonl",
)
# Held out: no rule or weight comes from these articles. Figures on unseen articles are measured on them.
TEST = ANNOTATIONS / "worldwide.unseen.frames.jsonl"
ENTITIES = ANNOTATIONS / "polnear.entities.jsonl"
COMPLETE = ANNOTATIONS / "worldwide.complete.frames.jsonl"
WRITTEN_LANGUAGES = ("ru", "hy", "ka", "az", "tr")
PARALLEL_LANGUAGES = ("en", "ru", "hy", "ka", "az", "tr")
POLNEAR, WORLDWIDE = ANNOTATIONS / "polnear.frames.jsonl", ANNOTATIONS / "worldwide.frames.jsonl"
PARAGRAPHS = 0.5  # of a corpus without paragraph breaks, the share of sentences that begin one


def training_articles(data: Path, gold: Path) -> list[AttributionArticle]:
    """Return every training article with attributions; those that were annotated have frames.

    If an article was annotated twice, the complete annotation is used. Articles for fitting thresholds and for
    measuring are left out.
    """
    complete = [
        *readers.attribution_articles(gold / "worldwide.train.articles.jsonl", gold / "worldwide.train.frames.jsonl"),
        *complete_articles(data),
    ]
    found = found_articles(readers.tagged_rows(data / "ner/worldwide.train.jsonl"))
    known = {article.id for article in complete}
    kept = {row["id"] for file in (WORLDWIDE_UNSEEN, TEST) for row in readers.rows(file)}
    return [
        *readers.attribution_articles(data / "attribution/polnear.train.jsonl", gold / "frames.train.jsonl", POLNEAR),
        *(article for article in complete if article.id not in kept),
        *(article for article in found if article.id not in known | kept),
    ]


def complete_articles(data: Path, path: Path = COMPLETE) -> list[AttributionArticle]:
    """Return the raw worldwide articles in which every attribution was annotated, including nested ones.

    Args:
        data: the data folder.
        path: the annotations.

    Raises:
        ValueError: an annotation was made on another text of that article.
    """
    texts = {row["id"]: row["text"] for row in readers.rows(data / "articles/worldwide.train.jsonl")}
    return _complete_on(texts, path)


def parallel(language: str) -> Path:
    """Return the annotations of the news documents that exist in six languages."""
    return ANNOTATIONS / f"ntrex.{language}.frames.jsonl"


def parallel_articles(data: Path, language: str) -> list[AttributionArticle]:
    """Return the documents in one of `PARALLEL_LANGUAGES`; an attribution has the same id in each of them.

    Args:
        data: the data folder.
        language: which translation; names and targets are written in it.

    Raises:
        ValueError: an annotation was made on another text of that document.
    """
    return _complete_on(parallel_texts(data, language), parallel(language), language)


def parallel_texts(data: Path, language: str) -> dict[str, str]:
    """Return the annotated documents in one language, by id: the aligned lines, one a paragraph."""
    known = {row["id"] for row in readers.rows(parallel(language))}
    lines = readers.rows(data / f"parallel/ntrex.{language}.jsonl")
    return {row["id"]: "\n".join(row["lines"]) for row in lines if row["id"] in known}


def parallel_names(language: str, folder: Path = ANNOTATIONS) -> Path:
    """Return the names of the same documents, as `python -m training carry` carries them over from English."""
    return folder / f"ntrex.{language}.entities.jsonl"


def parallel_marked(data: Path, language: str) -> list[MarkedArticle]:
    """Return the documents with those lines in which every name is known, and these names.

    Raises:
        ValueError: the names were found in another text of that document.
    """
    return _marked(parallel_texts(data, language), parallel_names(language))


def written(language: str) -> Path:
    """Return the news articles that were written for this project, with their annotations."""
    return ANNOTATIONS / f"written.{language}.jsonl"


def written_articles(language: str) -> tuple[list[AttributionArticle], list[MarkedArticle]]:
    """Return the articles of one of `WRITTEN_LANGUAGES`: with every attribution, and line by line with every name.

    Args:
        language: in which they are written.
    """
    rows = list(readers.rows(written(language)))
    texts = {row["id"]: row["text"] for row in rows}
    marked = [
        MarkedArticle(
            id=row["id"],
            text=row["text"],
            sentences=tuple((line.start(), line.end()) for line in re.finditer(r"[^\n]+", row["text"])),
            entities=tuple((start, end, kind) for start, end, kind in row["entities"]),
        )
        for row in rows
    ]
    return _complete_on(texts, written(language), language), marked


def _complete_on(texts: Mapping[str, str], path: Path, language: str = "en") -> list[AttributionArticle]:
    articles: list[AttributionArticle] = []
    for row in readers.rows(path):
        if len(texts[row["id"]]) != row["characters"]:
            raise ValueError(f"{row['id']} in {path.name} was annotated on a text of {row['characters']} characters")
        attributions = tuple(readers.attribution_of(item, readers.frame_of(item)) for item in row["attributions"])
        articles.append(
            AttributionArticle(
                id=row["id"],
                text=texts[row["id"]],
                discard=(),
                attributions=attributions,
                nested=True,
                language=language,
            )
        )
    return articles


def found_articles(rows: list[TaggedRow]) -> list[AttributionArticle]:
    """Return the annotated articles of the entity corpus, whose attributions a model found.

    Raises:
        ValueError: an annotation points outside its article, so the corpus is not the one that was annotated.

    """
    documents: dict[str | None, list[TaggedRow]] = defaultdict(list)
    for tagged in rows:
        documents[tagged.doc].append(tagged)
    found: list[AttributionArticle] = []
    for row in readers.rows(WORLDWIDE):
        text = running_text(row["id"], documents[row["id"]])
        attributions = tuple(readers.attribution_of(item, readers.frame_of(item)) for item in row["attributions"])
        if len(text) != row["characters"]:
            raise ValueError(
                f"{row['id']} in {WORLDWIDE.name} was annotated on a text of {row['characters']} characters"
            )
        found.append(
            AttributionArticle(id=row["id"], text=text, discard=(), attributions=attributions, nested=True, found=True)
        )
    return found


def unseen(data: Path) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the annotated articles that are not trained on: rows with text and attributions, and their frames, by id.

    Args:
        data: the data folder.
    """
    gold = {row["id"]: row for path in (POLNEAR_UNSEEN, WORLDWIDE_UNSEEN) for row in readers.rows(path)}
    documents: dict[str | None, list[TaggedRow]] = defaultdict(list)
    for tagged in readers.tagged_rows(data / "ner/worldwide.train.jsonl"):
        documents[tagged.doc].append(tagged)
    articles = {row["id"]: row for row in readers.rows(data / "attribution/polnear.train.jsonl") if row["id"] in gold}
    articles |= {
        row["id"]: {**row, "text": running_text(row["id"], documents[row["id"]])}
        for row in readers.rows(WORLDWIDE_UNSEEN)
    }
    return articles, gold


def unseen_articles(data: Path) -> list[AttributionArticle]:
    """Return the same as articles with frames."""
    articles, gold = unseen(data)
    frames = {name: {item["id"]: readers.frame_of(item) for item in row["attributions"]} for name, row in gold.items()}
    return [
        AttributionArticle(
            id=name,
            text=row["text"],
            discard=(),
            attributions=tuple(
                readers.attribution_of(item, frames[name].get(item["id"])) for item in row["attributions"]
            ),
        )
        for name, row in articles.items()
    ]


def running_text(name: str, rows: list[TaggedRow]) -> str:
    """Return a document of the entity corpus as running text, with paragraphs drawn from its name."""
    chance = random.Random(f"paragraphs/{name}")  # noqa: S311 - repeatable draws are wanted, not secret ones
    text = ""
    for row in rows:
        if row.tokens:
            gap = ("\n\n" if chance.random() < PARAGRAPHS else " ") if text else ""
            text += gap + readers.joined(row.tokens)[0]
    return text


def marked_articles(data: Path) -> list[MarkedArticle]:
    """Return the PolNeAR training articles with the sentences whose names are all known, and these names."""
    texts = {row["id"]: row["text"] for row in readers.rows(data / "attribution/polnear.train.jsonl")}
    return _marked(texts, ENTITIES)


def _marked(texts: Mapping[str, str], path: Path) -> list[MarkedArticle]:
    articles: list[MarkedArticle] = []
    for row in readers.rows(path):
        if row.get("characters", len(texts[row["id"]])) != len(texts[row["id"]]):
            raise ValueError(f"{row['id']} in {path.name} was marked on a text of {row['characters']} characters")
        articles.append(
            MarkedArticle(
                id=row["id"],
                text=texts[row["id"]],
                sentences=tuple((start, end) for start, end in row["sentences"]),
                entities=tuple((start, end, kind) for start, end, kind in row["entities"]),
            )
        )
    return articles
