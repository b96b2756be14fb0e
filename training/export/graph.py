"""The trained encoder as a graph: torch to ONNX, then to int8 by calibration on training texts, then into pieces."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import external_data_helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from training.network.network import Network

PART_BYTES = 90_000_000  # below the limit of code hosts for one file
_INLINE_BYTES = 1024


class RowInt8(nn.Module):
    """An embedding in int8 with one scale per row: a quarter of the size, errors below 1/254 of a row's maximum."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127.0
        self.register_buffer("scale", scale)
        self.register_buffer("rows", torch.round(table / scale).to(torch.int8))

    def forward(self, ids: Tensor) -> Tensor:
        """Return the rows of `ids`."""
        return functional.embedding(ids, self.rows).float() * functional.embedding(ids, self.scale)


class Exported(nn.Module):
    """The part of the network that goes into the graph: ids with shapes in, hidden states and tag scores out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return hidden (batch, tokens, width) and tags (batch, tokens, columns)."""
        found: tuple[Tensor, Tensor] = self.network(input_ids, attention_mask)
        return found


def to_onnx(network: Network, path: Path, *, small_embeddings: bool) -> None:
    """Write the f32 graph, with free batch and token dimensions; word embeddings are int8 if asked for."""
    network.eval()
    embeddings = network.encoder.embeddings
    words = embeddings.word_embeddings
    if small_embeddings:
        embeddings.word_embeddings = RowInt8(words.weight.detach())
    try:
        _write_graph(network, path)
    finally:
        embeddings.word_embeddings = words


def _write_graph(network: Network, path: Path) -> None:
    ids = torch.randint(1000, 2000, (2, 64))
    mask = torch.ones_like(ids)
    mask[1, 40:] = 0
    batch, tokens = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("tokens", min=8, max=512)
    program = torch.onnx.export(
        Exported(network),
        (ids, mask),
        dynamo=True,
        input_names=["input_ids", "attention_mask"],
        output_names=["hidden", "tags"],
        dynamic_shapes={"input_ids": {0: batch, 1: tokens}, "attention_mask": {0: batch, 1: tokens}},
        opset_version=18,
        verbose=False,
    )
    program.save(str(path), external_data=True)


def to_int8(source: Path, target: Path, samples: Sequence[dict[str, Any]], *, ignored: Iterable[str] = ()) -> None:
    """Quantize the graph statically (NNCF: activations and weights int8, SmoothQuant), on given inputs."""
    import nncf  # noqa: PLC0415 - slow to import, and only here

    model = onnx.load(source)
    quantized = nncf.quantize(
        model,
        nncf.Dataset(samples),
        subset_size=len(samples),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=list(ignored)) if ignored else None,
        fast_bias_correction=True,
    )
    onnx.save(quantized, target, save_as_external_data=True, location=f"{target.name}.data")


def split(source: Path, target: Path) -> list[Path]:
    """Write the graph with its weights beside it, in files of at most `PART_BYTES`; return all files."""
    model = onnx.load(source)
    forget_origins(model)
    parts: list[bytearray] = [bytearray()]
    for tensor in external_data_helper._get_all_tensors(model):  # noqa: SLF001 - the walk that onnx.save does
        raw = numpy_helper.to_array(tensor).tobytes() if not tensor.HasField("raw_data") else tensor.raw_data
        if len(raw) < _INLINE_BYTES:
            continue
        if parts[-1] and len(parts[-1]) + len(raw) > PART_BYTES:
            parts.append(bytearray())
        name, offset = f"weights-{len(parts) - 1}.bin", len(parts[-1])
        parts[-1].extend(raw)
        parts[-1].extend(b"\0" * (-len(parts[-1]) % 64))
        tensor.raw_data = raw
        external_data_helper.set_external_data(tensor, name, offset=offset, length=len(raw))
        for field in ("raw_data", "float_data", "int32_data", "int64_data"):
            tensor.ClearField(field)
        tensor.data_location = onnx.TensorProto.EXTERNAL
    files = [target]
    for number, part in enumerate(parts):
        file = target.parent / f"weights-{number}.bin"
        file.write_bytes(bytes(part))
        files.append(file)
    target.write_bytes(model.SerializeToString())
    return files


def forget_origins(model: onnx.ModelProto) -> None:
    """Drop the exporter's metadata of each node: stack traces, which contain paths of the machine that it ran on."""
    for holder in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.functions):
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")


def log(line: str) -> None:
    """Print progress to stderr."""
    print(line, file=sys.stderr, flush=True)


def samples_of(windows: Sequence[np.ndarray], first: int, last: int) -> list[dict[str, np.ndarray]]:
    """Return windows as inputs of the graph, unpadded."""
    found = []
    for ids in windows:
        row = np.concatenate([[first], ids, [last]]).astype(np.int64)[None]
        found.append({"input_ids": row, "attention_mask": np.ones_like(row)})
    return found
