"""The reference head of an artifact: trained over its states, and written beside its other weights."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from service.inference.artifact import load_model
from service.inference.manifest import NAME, REFERENCES, Binary
from service.inference.references import ROLES, ReferenceHead
from training.export.export import files_of, fit_stances
from training.network.references import References
from training.teach import references


def teach(
    model: Path, data: Path, gold: Path, cache: Path, *, epochs: int = 4, seed: int = 7, start: Path | None = None
) -> None:
    """Train the head over an artifact, and write it into the artifact's folder with its calibration.

    Args:
        model: the artifact's folder.
        data: the data folder.
        gold: the folder of gold frames.
        cache: where states are kept for the next run.
        epochs: over all training articles; the best on those kept aside counts.
        seed: of the order, the weights and the dropout.
        start: an artifact whose head is gone on from.
    """
    opened = load_model(model)
    learned, kept = references.divided(data, gold, opened.manifest.languages)
    train = list(references.packs(opened, learned, cache, mistaken=True))
    aside = {name: list(references.packs(opened, articles, cache)) for name, articles in kept.items()}
    every = [pack for some in aside.values() for pack in some]
    network = references.fitted(train, every, epochs=epochs, seed=seed, start=_head_of(start) if start else None)
    scale = references.temperature(network, every)
    figures: dict[str, object] = {name: references.measured(network, some).row() for name, some in aside.items()}
    weights = weights_of(network)
    figures["parity"] = parity(network, weights, every)
    print(json.dumps(figures), file=sys.stderr)
    write(weights, model, scale, figures)
    fit_stances(model, data, gold)


def _head_of(model: Path) -> dict[str, NDArray[np.float32]]:
    return {
        name.removeprefix("reference."): value.astype(np.float32)
        for name, value in load_file(model / REFERENCES).items()
    }


def weights_of(network: References) -> dict[str, NDArray[np.float16]]:
    """Return the weights as the artifact holds them."""
    state = network.state_dict().items()
    return {f"reference.{name}": value.detach().numpy().astype(np.float16) for name, value in state}


def parity(
    network: References, weights: Mapping[str, NDArray[np.float16]], some: Sequence[references.Pack]
) -> dict[str, float]:
    """Return how often the numpy head, its weights in f16, chooses as its twin, and how far logits differ."""
    head = ReferenceHead({name: value.astype(np.float32) for name, value in weights.items()})
    same, furthest, questions = 0, 0.0, 0
    answers = iter(references.scored(network, some))
    for pack in some:
        seen = pack.pooled.astype(np.float32)
        for one, mentions, rows in zip(pack.examples, pack.mentions, pack.asked, strict=True):
            source, cue, content = (
                head.represent(seen[row : row + 1], role)[0] if row >= 0 else head.absent(role)
                for role, row in zip(ROLES[1:], rows.tolist(), strict=True)
            )
            logits, _ = head(head.represent(seen[mentions], "mention"), (source, cue, content), one.question)
            _, twin, _ = next(answers)
            count = len(one.question.candidates)
            expected = np.concatenate([twin[:count].numpy(), twin[-2:].numpy()])
            same += int(logits.argmax() == expected.argmax())
            furthest = max(furthest, float(np.abs(logits - expected).max()))
            questions += 1
    return {"same_choice": round(same / max(1, questions), 4), "logits": round(furthest, 4)}


def write(weights: dict[str, NDArray[np.float16]], model: Path, scale: float, figures: Mapping[str, object]) -> None:
    """Write the weights beside the artifact's others, and what they are into its manifest."""
    save_file(weights, model / REFERENCES)
    content = json.loads((model / NAME).read_text(encoding="utf-8"))
    content["calibration"]["binary"]["reference"] = asdict(Binary(scale=round(scale, 4)))
    content["references"] = dict(figures)
    content["files"] = files_of(model)
    (model / NAME).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
