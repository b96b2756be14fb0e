"""Whether the shipped graph agrees with the trained network: labels of tokens, by engine, on development articles."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from service.inference.artifact import load_model, read_heads
from service.inference.crf import decode
from service.inference.encoder import Engine, Outputs, Row
from service.inference.manifest import TOKENIZER
from service.inference.model import ClaimwireModel
from service.inference.tagged_spans import breaks
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.measure import measure
from training.network.network import Network

ARTICLES = 24


class TorchEngine(Engine):
    """The trained network itself, in f32, behind the engines' protocol."""

    def __init__(self, network: Network) -> None:
        self._network = network.eval()

    def run(self, rows: Sequence[Row]) -> Iterator[Outputs]:
        """Run each row by itself."""
        for ids, mask in rows:
            with torch.inference_mode():
                hidden, tags = self._network(torch.from_numpy(ids), torch.from_numpy(mask))
            yield hidden[0].numpy(), tags[0].numpy()


def agreement(network: Network, artifact: Path, articles: Path) -> dict[str, dict[str, float]]:
    """Return, by engine, the share of decoded labels that equal those of PyTorch f32.

    `labels` is the share of labels, one per token and layer; `tokens` the share of tokens whose labels all agree.
    """
    texts = [article.text for article in readers.attribution_articles(articles)[:ARTICLES]]
    opened = {name: load_model(artifact, engine=name) for name in ("openvino", "onnxruntime")}
    manifest = opened["openvino"].manifest
    tokenizer = Tokenizer.load(artifact / TOKENIZER, manifest.vocabulary)
    truth = _labels(ClaimwireModel(manifest, tokenizer, TorchEngine(network), read_heads(manifest)), texts)
    found: dict[str, dict[str, float]] = {}
    for name, model in opened.items():
        same = _labels(model, texts) == truth
        found[name] = {"labels": round(float(same.mean()), 4), "tokens": round(float(same.all(axis=1).mean()), 4)}
    return found


def _labels(model: ClaimwireModel, texts: Sequence[str]) -> np.ndarray:
    """Return the label of every token in every layer, one row per token."""
    layers = list(model.manifest.layers.values())
    rows: list[np.ndarray] = []
    for reading in measure.read(model, texts):
        labels = np.full((len(reading.tokens), len(layers)), "O", dtype=object)
        for column, spans in enumerate(decode(reading.tags, layers, breaks(reading))):
            for span in spans:
                labels[span.first : span.last + 1, column] = f"I-{span.type}"
                labels[span.first, column] = f"B-{span.type}"
        rows.append(labels)
    return np.concatenate(rows)
