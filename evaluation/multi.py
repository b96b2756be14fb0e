"""The quality of frames by language: one model on documents that professionals translated, and on opinions in Russian.

usage: python -m evaluation multi --data DATA [--model DIR] [--opinions]

DATA holds `gold/multi.dev.LANGUAGE.jsonl` and `data/opinions/ruopinionne.dev.jsonl`. Claims, speakers and stances are
counted as in `evaluation.frames`: once with names as the annotator writes them, in the nominative, and once in whatever
case. Parity: of the claims that are found both in English and in the translation, the share with the same speaker, told
by which of the annotator's speakers it is in each.

Opinions: of each name in a sentence, and of its author, the model is asked for the stance toward every other name.
Tuples are scored by overlap as RuOpinionNE-2024 does (Loukachevitch et al., 2025), but without the words that express
an opinion, which claimwire does not give: so its figure is no lower than theirs would be.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import frames
from evaluation.frames import Row, Tally
from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of
from service.analysis.pipeline import Pipeline
from service.analysis.text.document import segment
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import Claim, ClaimKind, SpeakerKind
from service.core.model import Model, StanceQuestion, StanceTarget
from service.core.span import Span
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL

LANGUAGES = ("en", "ru", "hy", "ka", "az", "tr")
LABELS = ("favor", "against", "neutral")
SHOWN = ("claims F1", "claims and speakers F1", "speaker accuracy", "stance triples F1")

Matched = dict[tuple[str, str], Claim]  # the claim that matches an attribution, by document and attribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came out for the documents in one language.

    Attributes:
        language: its facts.
        tallies: the counts, document by document.
        in_any_case: the same, where a name counts in whatever case.
        gold: the annotations, by document.
        matched: which claim matches which attribution.
    """

    language: Language
    tallies: list[Tally]
    in_any_case: list[Tally]
    gold: Mapping[str, Row]
    matched: Matched


def read(pipeline: Pipeline, rows: Mapping[str, Row], language: str) -> Read:
    """Send the documents in one language through the pipeline, and compare."""
    facts = language_of(language)
    strict: list[Tally] = []
    lenient: list[Tally] = []
    matched: Matched = {}
    for name, outcome in enriched(pipeline, rows, language):
        strict.append(frames.tally(rows[name], rows[name], outcome))
        lenient.append(frames.tally(rows[name], rows[name], outcome, facts))
        claims = [claim for claim in outcome.enrichment.claims if claim.kind is not ClaimKind.AUTHOR_STATEMENT]
        hulls = frames.hulls_of(rows[name])
        golds = [row for row in rows[name]["attributions"] if row["id"] in hulls]
        matched |= {(name, row["id"]): claim for row, claim in frames.matches(golds, claims, hulls)}
    return Read(language=facts, tallies=strict, in_any_case=lenient, gold=rows, matched=matched)


def enriched(pipeline: Pipeline, rows: Mapping[str, Row], language: str) -> Iterator[tuple[str, Enriched]]:
    """Send texts in one language through the pipeline.

    Raises:
        SystemExit: the model does not read the language.
    """
    names = list(rows)
    for at in range(0, len(names), frames.BATCH):
        batch = names[at : at + frames.BATCH]
        articles = [Article(id=ArticleId(name), body=rows[name]["text"], language=language) for name in batch]
        for name, outcome in zip(batch, pipeline.process(articles), strict=True):
            if not isinstance(outcome, Enriched):
                raise SystemExit(f"{name} in {language} came out as {type(outcome).__name__}: does the model read it?")
            yield name, outcome


def parity(one: Read, other: Read) -> tuple[int, int]:
    """Return how many claims found in both languages have the same speaker, and how many are found in both."""
    both = one.matched.keys() & other.matched.keys()
    return sum(_who(one, key) & _who(other, key) != set() for key in both), len(both)


def _who(read: Read, key: tuple[str, str]) -> set[str]:
    """Return the attributions of the document whose annotated speaker is that of the claim found; or the author."""
    claim, document = read.matched[key], key[0]
    if claim.speaker.kind is SpeakerKind.AUTHOR:
        return {"author"}
    rows = read.gold[document]["attributions"]
    return {row["id"] for row in rows if frames.right_speaker(row, claim, read.language)}


Words = frozenset[object]
Opinion = tuple[Words, Words, str]  # the words of holder and target, by number, and the label
AUTHOR: Words = frozenset({"author"})
NOBODY: Words = frozenset({"nobody"})


def gold_opinions(row: Row) -> list[Opinion]:
    """Return the annotated opinions of a sentence."""
    places = _words(row["text"])
    found = (
        (
            AUTHOR if item["holder"] == "author" else _under(places, item["holder"]) or NOBODY,
            _under(places, item["target"]) or NOBODY,
            item["label"],
        )
        for item in row["opinions"]
    )
    return list(dict.fromkeys(found))


def found_opinions(model: Model, texts: Sequence[str]) -> Iterator[list[Opinion]]:
    """Yield the opinions in each sentence: the stances that are likelier than none."""
    for text, reading in zip(texts, model.read([segment(text, language="ru") for text in texts]), strict=True):
        names = [named.span for named in model.spans(reading).entities]
        holders: list[Span | None] = [None, *names]
        questions = [
            StanceQuestion(
                claim=(Span(0, len(text)),),
                holder=text[holder.start : holder.end] if holder else None,
                source=holder,
                targets=tuple(
                    StanceTarget(name=text[name.start : name.end], mentions=(name,)) for name in names if name != holder
                ),
            )
            for holder in holders
        ]
        answers = iter(model.stance(reading, questions))
        places = _words(text)
        found: list[Opinion] = []
        for holder, question in zip(holders, questions, strict=True):
            by = _under(places, [(holder.start, holder.end)]) if holder else AUTHOR
            for target in question.targets:
                label = LABELS[int(next(answers).argmax())]
                place = target.mentions[0]
                if label != "neutral":
                    found.append((by, _under(places, [(place.start, place.end)]), label))
        yield list(dict.fromkeys(found))


def opinions_f1(gold: Sequence[Sequence[Opinion]], found: Sequence[Sequence[Opinion]]) -> float:
    """Return the F1 of opinions, each counting by how much of its holder and target the best other one covers."""
    recall = _covered(gold, found)
    precision = _covered(found, gold)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _covered(ones: Sequence[Sequence[Opinion]], others: Sequence[Sequence[Opinion]]) -> float:
    shares = [
        max((_overlap(opinion, other) for other in theirs), default=0.0)
        for mine, theirs in zip(ones, others, strict=True)
        for opinion in mine
    ]
    return sum(shares) / len(shares) if shares else 0.0


def _overlap(one: Opinion, other: Opinion) -> float:
    holders, targets = one[0] & other[0], one[1] & other[1]
    if not holders or not targets or one[2] != other[2]:
        return 0.0
    return (len(holders) / len(one[0]) + len(targets) / len(one[1])) / 2


def _words(text: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    at = 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        places.append((start, at))
    return places


def _under(places: Sequence[tuple[int, int]], spans: Iterable[Sequence[int]]) -> Words:
    return frozenset(
        number for number, (start, end) in enumerate(places) for first, last in spans if start < last and first < end
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="evaluation multi", description="Measure a model by language.")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds gold/ and data/")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="the model's folder")
    parser.add_argument("--opinions", action="store_true", help="the opinions in Russian news too")
    options = parser.parse_args(argv)
    pipeline = Pipeline(model=load_model(options.model))
    figures: dict[str, dict[str, float]] = {}
    english: Read | None = None
    for language in (tag for tag in LANGUAGES if tag in pipeline.model.info.languages):
        came = read(pipeline, frames.rows_of(options.data / f"gold/multi.dev.{language}.jsonl"), language)
        whole = frames.total(came.tallies)
        figures[language] = {name: round(frames.MEASURES[name](whole), 3) for name in SHOWN}
        in_any_case = frames.total(came.in_any_case)
        figures[language] |= {f"{name}, any case": round(frames.MEASURES[name](in_any_case), 3) for name in SHOWN[1:]}
        figures[language] |= {name: whole.counts[name] for name in ("gold", "predicted", "matched")}
        if english is None:
            english = came
        else:
            same, both = parity(english, came)
            figures[language] |= {"parity": round(same / max(1, both), 3), "found in both": both}
    came_out: dict[str, object] = {"model": pipeline.model.info.version, "documents": figures}
    if options.opinions:
        rows = frames.rows_of(options.data / "data/opinions/ruopinionne.dev.jsonl")
        found = list(found_opinions(pipeline.model, [row["text"] for row in rows.values()]))
        came_out["RuOpinionNE"] = {"F1": round(opinions_f1([gold_opinions(row) for row in rows.values()], found), 3)}
    print(json.dumps(came_out, indent=1))


if __name__ == "__main__":
    main()
