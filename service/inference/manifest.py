"""The manifest of an artifact: what the model is, how its scores are to be read, and the digest of every file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.errors import ArtifactError
from service.inference.crf import Layer, layers_of

FORMAT = 1
NAME = "manifest.json"
GRAPH = "encoder.onnx"
HEADS = "heads.safetensors"
REFERENCES = "references.safetensors"  # the head that says who speaks
TOKENIZER = "tokenizer.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Platt scaling (1999): a logit to a calibrated probability, by `scale` and `shift`."""

    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Vector scaling with one temperature (Guo et al., ICML 2017): logits times `scale`, plus `shift` by label.

    `decision` is added to the log probabilities where one label must be picked: it makes up for rare labels.
    """

    scale: float
    shift: tuple[float, ...]
    decision: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A checked manifest.

    Attributes:
        sha256: the digest of the manifest file, hence of everything.
        vocabulary: how many word pieces there are; ids at or past it carry shapes.
        first, last, pad: the special tokens around a window and after it.
        window: the most tokens in a window, special tokens not counted.
        layers: the tag layers by name.
        binaries: calibration by name of what is a yes or no.
        choices: calibration by name of what is one label of several.
        thresholds: probabilities, by what they decide.
        stance_weights: of the second look at stances, by feature (`service.inference.weighing`); none: there is none.
    """

    directory: Path
    sha256: str
    name: str
    version: str
    languages: tuple[str, ...]
    vocabulary: int
    first: int
    last: int
    pad: int
    window: int
    layers: Mapping[str, Layer]
    binaries: Mapping[str, Binary]
    choices: Mapping[str, Choice]
    thresholds: Mapping[str, float]
    stance_weights: Mapping[str, float]


def read_manifest(directory: Path) -> Manifest:
    """Read and verify an artifact: every file that the manifest names, and no other, with its digest.

    Raises:
        ArtifactError: the folder is not an artifact, of another format, incomplete or changed.

    """
    try:
        raw = (directory / NAME).read_bytes()
    except OSError as error:
        raise ArtifactError(f"There is no model in {directory}: {NAME} cannot be read.") from error
    try:
        content = json.loads(raw)
        if content["format"] != FORMAT:
            raise ArtifactError(
                f"The model in {directory} has format {content['format']}, but this release reads format {FORMAT}."
            )
        files = {str(name): str(entry["sha256"]) for name, entry in content["files"].items()}
        manifest = _parsed(directory, hashlib.sha256(raw).hexdigest(), content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{directory / NAME} is damaged: it is not a manifest of a model.") from error
    _verify(directory, files)
    return manifest


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _verify(directory: Path, files: Mapping[str, str]) -> None:
    present = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()} - {NAME}
    if missing := sorted(files.keys() - present):
        raise ArtifactError(f"The model in {directory} lacks {missing[0]}: get the whole folder again.")
    if extra := sorted(present - files.keys()):
        raise ArtifactError(f"The model in {directory} holds {extra[0]}, which its manifest does not name: remove it.")
    for name, expected in sorted(files.items()):
        if digest(directory / name) != expected:
            raise ArtifactError(
                f"{directory / name} is not the file that the manifest names (its SHA-256 differs): get it again."
            )


def _parsed(directory: Path, sha256: str, content: dict[str, Any]) -> Manifest:
    layers = layers_of(
        [(item["name"], item["types"], item["column"], item["transitions"]) for item in content["layers"]]
    )
    calibration = content["calibration"]
    return Manifest(
        directory=directory,
        sha256=sha256,
        name=str(content["name"]),
        version=str(content["version"]),
        languages=tuple(content["languages"]),
        vocabulary=int(content["tokenizer"]["vocabulary"]),
        first=int(content["tokenizer"]["first"]),
        last=int(content["tokenizer"]["last"]),
        pad=int(content["tokenizer"]["pad"]),
        window=int(content["window"]),
        layers={layer.name: layer for layer in layers},
        binaries={
            name: Binary(scale=float(item["scale"]), shift=float(item["shift"]))
            for name, item in calibration["binary"].items()
        },
        choices={
            name: Choice(
                scale=float(item["scale"]),
                shift=tuple(map(float, item["shift"])),
                decision=tuple(map(float, item["decision"])),
            )
            for name, item in calibration["choice"].items()
        },
        thresholds={str(name): float(value) for name, value in content["thresholds"].items()},
        stance_weights={str(name): float(value) for name, value in content.get("stance_weights", {}).items()},
    )
