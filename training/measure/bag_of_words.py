"""A plain classifier beside the model: how much of a stance is in the words around a target?

A logistic regression over the words and pairs of words of a claim, those to the left and to the right of the target,
and the cue, the target itself masked (target-dependent features after Jiang et al., ACL 2011, and Vo & Zhang, IJCAI
2015). It is trained on the annotated articles that the model is trained on, and both answer the same questions about
given claims and given targets: every name that the annotators gave or that stands in the claim, neutral unless the
speaker takes a stance on it. So nothing that finds claims, speakers or targets counts here, on either side.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.core.model import StanceQuestion, StanceTarget
from service.core.span import Span
from service.inference.artifact import load_model
from service.inference.crf import trim
from service.inference.heads import SECOND
from service.inference.model import ClaimwireModel
from training.data import annotated, readers
from training.data.attribution_examples import frame_questions, mentions
from training.data.examples import AUTHOR_LABELS, STANCES
from training.data.readers import Attribution, AttributionArticle, Offsets
from training.measure import measure, metrics

_NEAR = 6  # words on each side of a target that are features of their own
_MASK = " xtargetx "
_FOLDS = 3
_STRENGTHS = (0.3, 1.0, 3.0)  # inverse regularisation, chosen by cross-validation over articles
_TINY = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: does the speaker of this claim favor or oppose this target?

    Attributes:
        article: its id; of a sentence on its own, a number.
        item: the claim, with its frame; None for a sentence in which the author is asked about.
        target: the name by which the annotators know it, else as it is written.
        mentions: where it stands in the claim.
        label: the annotators' answer.
        words: what the classifier sees: claim, left, right, cue.
    """

    article: str
    item: Attribution | None
    target: str
    mentions: tuple[Offsets, ...]
    label: str
    words: Mapping[str, str]


def questions(articles: Iterable[AttributionArticle]) -> Iterator[Asked]:
    """Yield a question for each name in each claim whose speaker is not the author."""
    for article in articles:
        framed = [item for item in article.attributions if item.frame and item.content]
        names = sorted({name for item in framed if item.frame for name, _ in item.frame.stances})
        names += sorted({item.frame.speaker for item in framed if item.frame} - {*names, "author"})
        for item, question in zip(framed, frame_questions(article), strict=True):
            if item.frame is None or item.frame.speaker == "author":
                continue
            places = {name: set(mentions(article.text, item.content, name)) for name in names}
            found: dict[str, tuple[list[Offsets], str]] = {}
            for mention, label in question.targets:
                name = next((name for name in names if mention in places[name]), None)
                written = article.text[mention[0] : mention[1]]
                found.setdefault(name or written, ([], label))[0].append(mention)
            for name, (at, label) in found.items():
                yield Asked(
                    article=article.id,
                    item=item,
                    target=name,
                    mentions=tuple(at),
                    label=label,
                    words=_words(article.text, item.content, at, item.cue),
                )


def sentences(path: Path) -> list[Asked]:
    """Return NewsMTSC's questions: what does the author of a sentence think of a mention?"""
    return [
        Asked(
            article=str(number),
            item=None,
            target=row.text[slice(*row.target)],
            mentions=(row.target,),
            label=AUTHOR_LABELS[row.label],
            words=_words(row.text, [(0, len(row.text))], [row.target], ()),
        )
        for number, row in enumerate(readers.target_rows(path))
    ]


def _words(
    text: str, content: Sequence[Offsets], places: Sequence[Offsets], cue: Sequence[Offsets]
) -> Mapping[str, str]:
    claim = ""
    for start, end in sorted(content):
        at = start
        for first, last in sorted(places):
            if start <= first and last <= end and at <= first:
                claim += text[at:first] + _MASK
                at = last
        claim += text[at:end] + " "
    words = re.findall(r"[\w’']+", claim.lower())
    marks = [index for index, word in enumerate(words) if word == _MASK.strip()]
    return {
        "claim": " ".join(words),
        "left": " ".join(word for at in marks for word in words[max(0, at - _NEAR) : at]),
        "right": " ".join(word for at in marks for word in words[at + 1 : at + 1 + _NEAR]),
        "cue": " ".join(text[start:end] for start, end in cue),
    }


def fitted(rows: Sequence[Asked]) -> Any:
    """Return a classifier over `words`; its regularisation is what is best for macro-F1 over folds of articles."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - of the groups `train` and `peers`
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.model_selection import GridSearchCV, GroupKFold  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline, make_union  # noqa: PLC0415
    from sklearn.preprocessing import FunctionTransformer  # noqa: PLC0415

    parts = [
        make_pipeline(
            FunctionTransformer(_part, kw_args={"name": name}),
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, tokenizer=str.split, token_pattern=None),
        )
        for name in ("claim", "left", "right", "cue")
        if any(row.words[name] for row in rows)
    ]
    classifier = make_pipeline(make_union(*parts), LogisticRegression(class_weight="balanced", max_iter=2000))
    search = GridSearchCV(
        classifier,
        {"logisticregression__C": _STRENGTHS},
        scoring="f1_macro",
        cv=GroupKFold(_FOLDS),
    )
    search.fit([row.words for row in rows], [row.label for row in rows], groups=[row.article for row in rows])
    return search


def _part(rows: Sequence[Mapping[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]


def answers(model: ClaimwireModel, articles: Sequence[AttributionArticle], rows: Sequence[Asked]) -> list[str]:
    """Return the model's answers in the order of `rows`, those of a claim from one pass, as the service asks.

    Args:
        model: opened.
        articles: in order.
        rows: their questions, by article and claim.
    """
    decision = np.asarray(model.manifest.choices[SECOND if model.reads_twice else "frame"].decision)
    of_article: dict[str, dict[str, list[Asked]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        of_article[row.article][row.item.id if row.item else ""].append(row)
    said: list[str] = []
    for article, reading in zip(articles, measure.read(model, [one.text for one in articles]), strict=True):
        asked = [_question(article, claim) for claim in of_article[article.id].values()]
        scores = np.log(model.stance(reading, asked) + _TINY) + decision
        said += [STANCES[label] for label in scores.argmax(axis=1)]
    return said


def _question(article: AttributionArticle, claim: Sequence[Asked]) -> StanceQuestion:
    item = claim[0].item
    if item is None or item.frame is None:
        raise ValueError("a question about a sentence has no claim")
    return StanceQuestion(
        claim=tuple(sorted(span for piece in item.content if (span := trim(article.text, *piece)))),
        holder=item.frame.speaker,
        source=Span(*item.source[0]) if item.source else None,
        targets=tuple(
            StanceTarget(name=row.target, mentions=tuple(Span(*place) for place in row.mentions)) for row in claim
        ),
    )


def figures(predicted: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """Return accuracy, macro-F1 of three labels, and the mean F1 of favor and against (SemEval-2016 task 6)."""
    said, truth = ([STANCES.index(label) for label in labels] for labels in (predicted, gold))
    held = [metrics.label_f1(said, truth, STANCES.index(label)) for label in ("favor", "against")]
    return {
        "accuracy": round(float(np.mean(np.asarray(said) == np.asarray(truth))), 3),
        "macro_f1": round(metrics.macro_f1(said, truth, len(STANCES)), 3),
        "favor_against_f1": round(float(np.mean(held)), 3),
    }


def write(model: Path, data: Path, gold: Path, output: Path) -> None:
    """Train the classifier, ask both, and write every figure as one JSON object."""
    opened = load_model(model)
    training = list(questions(annotated.training_articles(data, gold)))
    plain = fitted(training)
    report: dict[str, Any] = {
        "model": f"{opened.info.name} {opened.info.version}",
        "training": len(training),
        "regularisation": plain.best_params_["logisticregression__C"],
        "sets": {},
        "asked": {},
    }
    for name, articles in _development(data, gold).items():
        rows = list(questions(articles))
        systems = {
            report["model"]: answers(opened, articles, rows),
            "bag of words": list(plain.predict([row.words for row in rows])),
        }
        _add(report, name, systems, [row.label for row in rows])
        print(f"{name}: {len(rows)} questions", file=sys.stderr)
    author = fitted(sentences(data / "target_stance/newsmtsc.train.jsonl"))
    decision = np.asarray(opened.manifest.choices["author"].decision)
    for name in ("rw", "mt"):
        path = data / f"target_stance/newsmtsc_{name}.dev.jsonl"
        rows = sentences(path)
        (picked,) = measure.target_stance(opened, [path]).pick["author"].values()
        systems = {
            report["model"]: [STANCES[label] for label in (np.asarray(picked.scores) + decision).argmax(axis=1)],
            "bag of words": list(author.predict([row.words for row in rows])),
        }
        _add(report, f"NewsMTSC {name}, author's", systems, [row.label for row in rows])
    output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _development(data: Path, gold: Path) -> dict[str, list[AttributionArticle]]:
    sets = {
        "PolNeAR": readers.attribution_articles(data / "attribution/polnear.dev.jsonl", gold / "frames.dev.jsonl"),
        "worldwide": readers.attribution_articles(
            gold / "worldwide.dev.articles.jsonl", gold / "worldwide.dev.frames.jsonl"
        ),
        "worldwide, unseen": annotated.complete_articles(data, annotated.TEST),
    }
    return {
        name: [one for one in articles if any(item.frame for item in one.attributions)]
        for name, articles in sets.items()
    }


def _add(report: dict[str, Any], name: str, systems: Mapping[str, Sequence[str]], gold: Sequence[str]) -> None:
    every = {**systems, "always neutral": ["neutral"] * len(gold)}
    report["sets"][name] = {system: figures(said, gold) for system, said in every.items()}
    report["asked"][name] = {label: list(gold).count(label) for label in STANCES}
