"""Run a model over labelled files, task by task, with the service's own code: windows, decoding, heads, engine."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from service.analysis.text.document import segment
from service.core.document import Sentence
from service.core.model import Reading
from service.core.span import Span
from service.inference.crf import tokens_under, trim
from service.inference.model import ClaimwireModel, StanceQuery
from training.data import readers
from training.data.attribution_examples import frame_questions
from training.data.entity_examples import documents, entity_text
from training.data.examples import AUTHOR_LABELS, DIRECTIONS, STANCES
from training.measure import metrics

CROSSNER_TYPES = {
    "person": "person",
    "politician": "person",
    "organisation": "organization",
    "politicalparty": "organization",
    "location": "location",
    "country": "location",
    "event": "other",
    "election": "other",
    "misc": "other",
}
_TEXTS = 128  # read at a time: memory stays small
_TINY = 1e-7


@dataclass(slots=True)
class Yes:
    """Answers of a binary head: its probabilities of yes, and the true labels."""

    probability: list[float] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class Pick:
    """Answers of a head of several labels: log probabilities, and the true labels."""

    scores: list[list[float]] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    """The figures of a task, and the answers that calibration is fitted on."""

    figures: dict[str, float] = field(default_factory=dict)
    yes: dict[str, Yes] = field(default_factory=dict)
    pick: dict[str, dict[str, Pick]] = field(default_factory=dict)  # by head and file


def attribution(model: ClaimwireModel, files: Sequence[Path]) -> Result:
    """Exact and token F1 of source, cue and content; spans that touch a `discard` region are left out."""
    result = Result()
    every: dict[str, metrics.Counts] = {}
    for path in files:
        own: dict[str, metrics.Counts] = {}
        articles = readers.attribution_articles(path)
        for article, reading in zip(articles, read(model, [a.text for a in articles]), strict=True):
            tagged = model.spans(reading)
            for role, found in (("source", tagged.sources), ("cue", tagged.cues), ("content", tagged.contents)):
                gold = gold_spans(article, role)
                kept = [scored for scored in found if not touches(scored.span, article.discard)]
                said = result.yes.setdefault(role, Yes())
                for scored in kept:
                    said.probability.append(scored.confidence)
                    said.truth.append(scored.span in gold)
                for counts in (own, every):
                    counts.setdefault(role, metrics.Counts()).add({scored.span for scored in kept}, gold)
                    counts.setdefault(f"{role}_token", metrics.Counts()).add(
                        _tokens(reading, [scored.span for scored in kept]), _tokens(reading, gold)
                    )
        if len(files) > 1:
            result.figures |= _span_figures(own, f"_{path.name.split('.')[0]}")
    return Result(figures=_span_figures(every, "") | result.figures, yes=result.yes)


def gold_spans(article: readers.AttributionArticle, role: str) -> set[Span]:
    """Return the trimmed spans of a role outside `discard` regions."""
    return {
        span
        for item in article.attributions
        for start, end in getattr(item, role)
        if (span := trim(article.text, start, end)) and not touches(span, article.discard)
    }


def links(model: ClaimwireModel, files: Sequence[Path]) -> Result:
    """F1 of the links between gold spans of one attribution (for tuning: they have no file of their own)."""
    result = Result()
    for path in files:
        articles = readers.attribution_articles(path)
        for article, reading in zip(articles, read(model, [a.text for a in articles]), strict=True):
            _count_links(model, article, reading, result)
    for name, said in result.yes.items():
        predicted, truth = np.asarray(said.probability) >= 0.5, np.asarray(said.truth)  # noqa: PLR2004
        counts = metrics.Counts(int((predicted & truth).sum()), int(predicted.sum()), int(truth.sum()))
        result.figures[f"{name}_f1"] = counts.f1
    return result


def entities(model: ClaimwireModel, files: Sequence[Path]) -> Result:
    """Exact span F1 with the right type, after mapping to the five types."""
    result = Result(yes={"entity": Yes()})
    every = metrics.Counts()
    for path in files:
        rows = readers.tagged_rows(path)
        types = readers.WORLDWIDE_TYPES if all(row.doc for row in rows) else CROSSNER_TYPES
        texts = [entity_text(document, lambda: "\n", types) for document in documents(rows)]
        own, untyped = metrics.Counts(), metrics.Counts()
        readings = read(model, [text for text, _, _ in texts], [sentences for _, _, sentences in texts])
        for (text, spans, _), reading in zip(texts, readings, strict=True):
            gold = {(span, kind) for start, end, kind in spans if (span := trim(text, start, end))}
            found = model.spans(reading).entities
            for named in found:
                result.yes["entity"].probability.append(named.confidence)
                result.yes["entity"].truth.append((named.span, named.type.value) in gold)
            for counts in (own, every):
                counts.add({(named.span, named.type.value) for named in found}, gold)
            untyped.add({named.span for named in found}, {span for span, _ in gold})
        result.figures |= {f"f1_{path.name.split('.')[0]}": own.f1, f"untyped_f1_{path.name.split('.')[0]}": untyped.f1}
    result.figures = {"f1": every.f1, "precision": every.precision, "recall": every.recall} | result.figures
    return result


def target_stance(model: ClaimwireModel, files: Sequence[Path]) -> Result:
    """Macro-F1 of favor, against and neutral: the author's stance toward a mention."""
    said: dict[str, Pick] = {}
    for path in files:
        rows = readers.target_rows(path)
        pick = said[path.name.split(".")[0]] = Pick()
        for row, reading in zip(rows, read(model, [r.text for r in rows], _whole(rows)), strict=True):
            query = StanceQuery(claim=(_all(row.text),), holder=None, target=Span(*row.target))
            pick.scores.append(np.log(model.first_stance(reading, [query])[0] + _TINY).tolist())
            pick.truth.append(STANCES.index(AUTHOR_LABELS[row.label]))
    return _picked(said, "author", model)


def directed_stance(model: ClaimwireModel, files: Sequence[Path]) -> Result:
    """Macro-F1 of the five labels."""
    said: dict[str, Pick] = {}
    for path in files:
        rows = readers.directed_rows(path)
        pick = said[path.name.split(".")[0]] = Pick()
        for row, reading in zip(rows, read(model, [r.text for r in rows], _whole(rows)), strict=True):
            scores = model.directed(reading, [(_all(row.text), Span(*row.p), Span(*row.q))])
            pick.scores.append(scores[0].tolist())
            pick.truth.append(DIRECTIONS.index(row.label))
    return _picked(said, "directed", model)


def topic_stance(model: ClaimwireModel, files: Sequence[Path]) -> Result:
    """Macro-F1 of the labels that the file has."""
    said: dict[str, Pick] = {}
    for path in files:
        rows = readers.topic_rows(path)
        pick = said[path.name.split(".")[0]] = Pick()
        for start in range(0, len(rows), _TEXTS):
            part = rows[start : start + _TEXTS]
            scores = np.log(model.topics([(row.text, row.topic) for row in part]) + _TINY)
            pick.scores.extend(scores.tolist())
            pick.truth.extend(STANCES.index(row.label) for row in part)
    return _picked(said, "topic", model)


def frames(model: ClaimwireModel, articles: Sequence[readers.AttributionArticle]) -> Result:
    """Figures on given spans of gold frames: stance toward each mentioned name, and check-worthiness."""
    stance, worth = Pick(), Yes()
    framed = [article for article in articles if any(item.frame for item in article.attributions)]
    for article, reading in zip(framed, read(model, [a.text for a in framed]), strict=True):
        for question in frame_questions(article):
            claim = tuple(sorted(span for piece in question.content if (span := trim(article.text, *piece))))
            if not claim:
                continue
            whole = Span(claim[0].start, claim[-1].end)
            if question.check_worthy is not None:
                worth.probability.append(float(model.worth(reading, [whole])[0]))
                worth.truth.append(question.check_worthy)
            holder = Span(*question.source) if question.source else None
            for mention, label in question.targets if holder else ():
                query = StanceQuery(claim=claim, holder=holder, target=Span(*mention))
                stance.scores.append(np.log(model.first_stance(reading, [query])[0] + _TINY).tolist())
                stance.truth.append(STANCES.index(label))
    result = _picked({"gold": stance}, "frame", model)
    result.figures["check_worthiness_auc"] = metrics.area_under_curve(worth.probability, worth.truth)
    result.yes["worth"] = worth
    return result


def joined(said: Iterable[Pick]) -> Pick:
    """Return the rows of several files as one."""
    whole = Pick()
    for pick in said:
        whole.scores += pick.scores
        whole.truth += pick.truth
    return whole


def agreed(said: Iterable[Yes]) -> Yes:
    """Return the answers of several files as one."""
    whole = Yes()
    for yes in said:
        whole.probability += yes.probability
        whole.truth += yes.truth
    return whole


def _picked(said: dict[str, Pick], head: str, model: ClaimwireModel) -> Result:
    return Result(figures=pick_figures(said, model.manifest.choices[head].decision), pick={head: said})


def pick_figures(said: Mapping[str, Pick], decision: Sequence[float]) -> dict[str, float]:
    """Return the figures of a head of several labels, of all files together and of each, with a decision shift."""
    figures: dict[str, float] = {}
    for name, pick in (("", joined(said.values())), *((f"_{name}", pick) for name, pick in said.items())):
        if name and len(said) == 1:
            continue
        scores = np.asarray(pick.scores) + np.asarray(decision)
        predicted = scores.argmax(axis=1).tolist()
        figures[f"macro_f1{name}"] = metrics.macro_f1(predicted, pick.truth, scores.shape[1])
        figures[f"accuracy{name}"] = float(np.mean(np.asarray(predicted) == np.asarray(pick.truth)))
    return figures


def _count_links(model: ClaimwireModel, article: readers.AttributionArticle, reading: Reading, result: Result) -> None:
    from service.core.model import Scored, Tagged  # noqa: PLC0415

    owners: dict[str, dict[Span, set[str]]] = {}
    for role in ("source", "cue", "content"):
        owners[role] = {}
        for item in article.attributions:
            for start, end in getattr(item, role):
                if span := trim(article.text, start, end):
                    owners[role].setdefault(span, set()).add(item.id)
    listed = {role: sorted(spans, key=lambda s: (s.start, -s.end)) for role, spans in owners.items()}
    scored = {role: tuple(Scored(span=span, confidence=1.0) for span in spans) for role, spans in listed.items()}
    found = model.link(
        reading,
        Tagged(sources=scored["source"], cues=scored["cue"], contents=scored["content"], boilerplate=(), entities=()),
        least=0.0,
    )
    for name, table in (
        ("content_cue", found.content_cue),
        ("content_source", found.content_source),
        ("source_cue", found.source_cue),
        ("content_content", found.content_content),
    ):
        one, other = name.split("_")
        said = result.yes.setdefault(name, Yes())
        for i, a in enumerate(listed[one]):
            for j, b in enumerate(listed[other]):
                truth = bool(owners[one][a] & owners[other][b])
                if (one == other and i >= j) or (table.at(i, j) == 0 and not truth):
                    continue
                said.probability.append(table.at(i, j))
                said.truth.append(truth)


def read(
    model: ClaimwireModel, texts: Sequence[str], sentences: Sequence[Sequence[Span]] | None = None
) -> Iterator[Reading]:
    """Yield the readings of texts, cut at their sentences or at those given, a hundred or so texts at a time."""
    for start in range(0, len(texts), _TEXTS):
        part = [segment(text) for text in texts[start : start + _TEXTS]]
        if sentences is not None:
            given = sentences[start : start + _TEXTS]
            part = [
                replace(document, sentences=tuple(Sentence(span=span, paragraph=0) for span in spans))
                for document, spans in zip(part, given, strict=True)
            ]
        yield from model.read(part)


def _whole(rows: Sequence[object]) -> list[list[Span]]:
    return [[] for _ in rows]


def _all(text: str) -> Span:
    return Span(0, len(text))


def touches(span: Span, regions: Sequence[tuple[int, int]]) -> bool:
    """Return whether a span shares a character with a region."""
    return any(span.start < end and start < span.end for start, end in regions)


def _tokens(reading: Reading, spans: object) -> set[int]:
    found: set[int] = set()
    for span in spans:  # type: ignore[attr-defined]
        place = tokens_under(reading.tokens, span.start, span.end)
        if place:
            found.update(range(place[0], place[1] + 1))
    return found


def _span_figures(counts: dict[str, metrics.Counts], suffix: str) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, count in counts.items():
        if name.endswith("_token"):
            figures[f"{name.removesuffix('_token')}_token_f1{suffix}"] = count.f1
        else:
            figures |= {
                f"{name}_f1{suffix}": count.f1,
                f"{name}_precision{suffix}": count.precision,
                f"{name}_recall{suffix}": count.recall,
            }
    return figures


TASKS: dict[str, Callable[[ClaimwireModel, Sequence[Path]], Result]] = {
    "attribution": attribution,
    "target_stance": target_stance,
    "directed_stance": directed_stance,
    "topic_stance": topic_stance,
    "ner": entities,
}
