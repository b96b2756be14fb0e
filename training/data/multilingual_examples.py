"""Examples in other languages than English: documents translated, articles written, and opinions in Russian news."""

from collections.abc import Sequence
from pathlib import Path

from service.inference.tokenizer import Tokenizer
from training.data import annotated, readers
from training.data.attribution_examples import attribution_examples, mentions_in, short_examples
from training.data.entity_examples import marked_entity_examples
from training.data.readers import Attribution, AttributionArticle, Frame, FrameQuery, MarkedArticle, OpinionRow
from training.data.schedule import Sized
from training.data.second_examples import second_examples
from training.data.sentence_examples import author_examples

# Shares of all padded tokens, beside those of English: all shares are divided by their sum.
SHARES = {
    "other_attribution": 0.17,
    "other_short": 0.03,
    "other_second": 0.1,
    "other_entity": 0.09,
    "other_author": 0.03,
}

Asked = tuple[AttributionArticle, list[FrameQuery]]


def examples(data: Path, tokenizer: Tokenizer, window: int, seed: int, separator: int) -> dict[str, Sequence[Sized]]:
    """Return the examples of each task of `SHARES`.

    Args:
        data: the data folder.
        tokenizer: the base's.
        window: tokens in a window, special tokens not counted.
        seed: of every draw.
        separator: the token between the names and the text of a second reading.
    """
    documents: list[Asked] = []
    marked: list[MarkedArticle] = []
    for language in annotated.PARALLEL_LANGUAGES[1:]:
        articles, names = annotated.written_articles(language)
        articles = [*annotated.parallel_articles(data, language), *articles]
        names = [*annotated.parallel_marked(data, language), *names]
        marked += names
        known = {article.id: article for article in names}
        documents += [(article, neutral_queries(article, known[article.id])) for article in articles]
    opinions = [asked(row) for row in readers.opinion_rows(data / "opinions/ruopinionne.train.jsonl") if row.opinions]
    return {
        "other_attribution": [
            example
            for article, queries in (*documents, *opinions)
            for example in attribution_examples([article], tokenizer, window, queries)
        ],
        "other_short": list(short_examples([article for article, _ in documents], tokenizer, seed)),
        "other_second": [
            example
            for article, queries in (*documents, *opinions)
            for example in second_examples(article, tokenizer, queries, separator)
        ],
        "other_entity": list(marked_entity_examples(marked, tokenizer, window, seed)),
        "other_author": list(
            author_examples(readers.target_rows(data / "target_stance/rusentne.train.jsonl"), tokenizer, window)
        ),
    }


def neutral_queries(article: AttributionArticle, marked: MarkedArticle) -> list[FrameQuery]:
    """Return a stance question for each known name in a content toward which its speaker takes no side."""
    found: list[FrameQuery] = []
    for item in article.attributions:
        if item.frame is None:
            continue
        taken = [place for name, _ in item.frame.stances for place in mentions_in(article, item.content, name)]
        for start, end, _ in marked.entities:
            inside = any(a <= start and end <= b for a, b in item.content)
            if inside and not any(start < b and a < end for a, b in taken):
                name = article.text[start:end]
                found.append(
                    FrameQuery(article=article.id, attribution=item.id, target=(start, end), label="neutral", name=name)
                )
    return found


def asked(row: OpinionRow) -> Asked:
    """Return a sentence as an article in which each holder says it, and its targets as questions to each holder.

    A target of somebody else's opinion is a neutral one.
    """
    holders = list(dict.fromkeys(holder for holder, _, _ in row.opinions))
    attributions: list[Attribution] = []
    queries: list[FrameQuery] = []
    for number, holder in enumerate(holders):
        name = "author" if holder is None else row.text[slice(*holder)]
        own = {target: label for one, target, label in row.opinions if one == holder}
        attributions.append(
            Attribution(
                id=str(number),
                source=(holder,) if holder else (),
                cue=(),
                content=((0, len(row.text)),),
                frame=Frame(speaker=name, speaker_kind="person", stances=(), check_worthy=None),
            )
        )
        queries += [
            FrameQuery(
                article=row.id,
                attribution=str(number),
                target=target,
                label=own.get(target, "neutral"),
                name=row.text[slice(*target)],
            )
            for target in dict.fromkeys(target for _, target, _ in row.opinions if target != holder)
        ]
    article = AttributionArticle(
        id=row.id, text=row.text, discard=(), attributions=tuple(attributions), nested=True, found=True, language="ru"
    )
    return article, queries
