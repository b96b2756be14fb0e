"""What each rule brings: the figures with it and without it, on articles that it was not made from.

Every rule of the analysis that could be left out is left out, one at a time, and the articles are read again: the
thirty unseen worldwide ones, the eighty that are kept from training, and the development sets beside them, where rules
were made by reading misses. A rule that brings less than half a point where nobody looked is a burden. The encoder
reads each article once; claims are read a second time for their stances each time, unless they are asked not to be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

from evaluation import frames
from evaluation.frames import Row, f1
from service.analysis import pipeline as stages
from service.analysis.attributions import join
from service.analysis.pipeline import Pipeline
from service.analysis.speakers import refer
from service.analysis.stances import targets
from service.core.document import Document
from service.core.model import Reading
from service.inference.artifact import load_model
from service.inference.model import ClaimwireModel
from training.data import annotated

Patch = Callable[[], AbstractContextManager[Any]]


def _first(document: object, found: Any, *_: object) -> Any:
    """Return the second argument as it is."""
    del document
    return found


RULES: Mapping[str, Patch] = {
    "nothing": nullcontext,
    '"said Said" (`inversion`)': lambda: mock.patch.object(stages, "upright", lambda _, tagged: tagged),
    "turns of transcripts (`turns`)": lambda: mock.patch.object(stages, "find_turns", return_value=[]),
    '"according to" (`fixed_phrases`)': lambda: mock.patch.object(join, "with_phrases", _first),
    '"She added that" (`fixed_phrases`)': lambda: mock.patch.object(join, "with_sayings", _first),
    "subjects by word order (`subject_of_verb`)": lambda: mock.patch.object(
        join, "_sourced", lambda _document, _tagged, found: list(found)
    ),
    "whole noun phrases (`source_extent`)": lambda: mock.patch.object(join, "whole", _first),
    "quotes that no tag covers (`untagged_quotes`)": lambda: mock.patch.object(
        join, "with_missed", lambda _document, _tagged, found, _barred: list(found)
    ),
    "quotes over paragraphs (`join`)": lambda: mock.patch.object(join, "_merged_over_paragraphs", _first),
    "borders of quotes (`join`)": lambda: mock.patch.object(join, "_snapped", _first),
    "a colon leads in (`join`)": lambda: mock.patch.object(join._Joiner, "_leading_in", return_value=None),  # noqa: SLF001
    "who signs a letter (`signature`)": lambda: mock.patch.object(refer, "letters", return_value=[]),
    "relative pronouns (`clause`)": lambda: mock.patch.object(refer, "antecedent_of_relative", return_value=None),
    "pronouns and descriptions in claims (`within_claims`)": lambda: mock.patch.object(
        targets, "references", return_value=()
    ),
}


class _ReadOnce:
    """A model that keeps each article's reading."""

    def __init__(self, model: ClaimwireModel) -> None:
        self._model = model
        self._readings: dict[str, Reading] = {}

    def __getattr__(self, name: str) -> Any:
        """Answer everything else as the model does."""
        return getattr(self._model, name)

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Yield the reading of each document, the one kept if there is one."""
        for document in documents:
            if document.text not in self._readings:
                (self._readings[document.text],) = self._model.read([document])
            yield self._readings[document.text]


def sets_of(data: Path) -> dict[str, tuple[Mapping[str, Row], Mapping[str, Row]]]:
    """Return articles and their frames by the name of the set."""
    unseen, gold = frames.annotated(data, annotated.TEST)
    development = {
        name: (frames.rows_of(data / articles.format(split="dev")), frames.rows_of(data / gold.format(split="dev")))
        for name, (articles, gold) in frames.SETS.items()
    }
    return {"unseen": (unseen, gold), "kept aside": annotated.unseen(data / "data"), **development}


def print_table(model: Path, data: Path, *, once: bool, only: str = "") -> None:
    """Print the figures without each rule.

    Args:
        model: an artifact's folder.
        data: the folder that holds `gold/` and `data/`.
        once: claims are not read a second time.
        only: rules whose names hold this.
    """
    pipeline = Pipeline(model=_ReadOnce(load_model(model, reads_twice=not once)))
    sets = sets_of(data)
    print(f"{'without':48}" + "".join(f"{name + ': c, c&s, st':>30}" for name in sets), flush=True)
    for name, patch in RULES.items():
        if only not in name and name != "nothing":
            continue
        with ExitStack() as stack:
            stack.enter_context(patch())
            cells = [_cell(pipeline, articles, gold) for articles, gold in sets.values()]
        print(f"{name:48}" + "".join(f"{cell:>30}" for cell in cells), flush=True)


def _cell(pipeline: Pipeline, articles: Mapping[str, Row], gold: Mapping[str, Row]) -> str:
    """Return F1 of claims, of claims with their speakers, and of stance triples."""
    counts = frames.total(frames.measured(pipeline, articles, gold)).counts
    claims = f1(counts["matched"], counts["predicted"], counts["gold"])
    speakers = f1(counts["speakers"], counts["predicted"], counts["gold"])
    stances = f1(counts["stances"], counts["stances_predicted"], counts["stances_gold"])
    return f"{claims:.3f} {speakers:.3f} {stances:.3f}"
