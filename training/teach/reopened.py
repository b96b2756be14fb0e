"""Loads a shipped artifact back into a network, to continue training without a checkpoint.

Quantization and SmoothQuant are undone as far as possible: a weight is its integers times the scale of
their column, and times what SmoothQuant (Xiao et al., ICML 2023) moved from it into the activations, row by row.
Outputs that only training needs (discourse roles, speech, coreference) are not in an artifact and start anew.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.numpy import load_file

from service.inference.manifest import GRAPH, HEADS, NAME, digest
from service.inference.tag_layers import LAYERS, ROLE_LAYERS
from training.measure.openings import eased_table
from training.network.network import Network, StanceHead

_TRAINING_ALONE = "coreference."
_ROOT = "network."  # of every name in the graph
_SMOOTH = "nncf_smooth_quant"


def reopen(network: Network, artifact: Path) -> str:
    """Put an artifact's weights into the network of the same base; return its name, version and digest.

    Raises:
        SystemExit: the artifact lacks a weight of the encoder, or was made over another base.

    """
    content = json.loads((artifact / NAME).read_text(encoding="utf-8"))
    state = _encoder(artifact / GRAPH) | _heads(artifact / HEADS) | _transitions(content["layers"])
    own = network.state_dict()
    frozen = {name for name in own if "word_embeddings" in name}  # the base's, untouched by training
    anew = {name for name in own if name.startswith("worth.output.")}
    for name, value in own.items():
        if name in frozen or name.endswith("position_ids") or name.startswith(_TRAINING_ALONE):
            continue
        if name not in state:
            raise SystemExit(f"{artifact} holds no {name}: was it made over another base?")
        found = torch.from_numpy(np.array(state[name], dtype=np.float32))
        if name in anew:
            value[: len(found)] = found
        elif found.shape == value.shape:
            value.copy_(found)
        else:
            raise SystemExit(f"{name} in {artifact} has shape {tuple(found.shape)}, the network {tuple(value.shape)}")
    network.load_state_dict(own)
    return f"{content['name']} {content['version']}, {digest(artifact / GRAPH)}"


def _encoder(graph: Path) -> dict[str, np.ndarray]:
    """Return each weight of the graph under its name in the network."""
    model = onnx.load(graph)
    stored = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    made = {output: node for node in model.graph.node for output in node.output}

    def dequantized(name: str) -> np.ndarray:
        value: np.ndarray
        if name in stored:
            value = stored[name]
            return value
        node = made[name]  # a DequantizeLinear of stored integers
        whole, scale, zero = (stored[part] for part in node.input)
        axis = next((item.i for item in node.attribute if item.name == "axis"), 1)
        shape = [1] * whole.ndim
        if scale.ndim:
            shape[axis] = -1
        value = (whole.astype(np.float32) - zero.astype(np.float32).reshape(shape)) * scale.reshape(shape)
        return value

    found = {
        name.removeprefix(_ROOT): value
        for name, value in stored.items()
        if name.startswith(_ROOT) and value.dtype.kind == "f"
    }
    for node in model.graph.node:
        if node.op_type == "Gather" and not node.input[0].startswith(_ROOT):
            source = made.get(node.input[0])
            name = source.output[0].removeprefix(f"dq_output_{_ROOT}") if source is not None else ""
            if name.endswith(".weight_1"):
                found[name.removesuffix("_1")] = dequantized(node.input[0])
        bias = next((item for item in node.input if item.startswith(_ROOT) and item.endswith(".bias")), None)
        product = next((made[item] for item in node.input if item in made and made[item].op_type == "MatMul"), None)
        if node.op_type == "Add" and bias is not None and product is not None:
            weight = dequantized(product.input[1]) * _smoothing(product.input[0], made, stored)[:, None]
            found[f"{bias.removeprefix(_ROOT).removesuffix('bias')}weight"] = weight.T
    return found


def _smoothing(name: str, made: Mapping[str, onnx.NodeProto], stored: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the factors of the activations before quantization: one per column, or one for all."""
    while name in made and made[name].op_type in {"DequantizeLinear", "QuantizeLinear"}:
        name = made[name].input[0]
    node = made.get(name)
    if node is None or _SMOOTH not in node.name:
        return np.ones(1, dtype=np.float32)
    return next(stored[item] for item in node.input if item in stored).reshape(-1)


def _heads(file: Path) -> dict[str, np.ndarray]:
    """Return the weights of the heads; the stance output for frames is used as the one that all tasks share."""
    weights = {name: value.astype(np.float32) for name, value in load_file(file).items()}
    found = dict(weights)
    for part in ("weight", "bias"):
        shared = weights[f"stance.frame.{part}"]
        for task in StanceHead.TASKS:
            if f"stance.{task}.{part}" not in weights:  # an artifact older than that task: the shared output, then
                found[f"stance.own.{task}.{part}"] = np.zeros_like(shared)
                continue
            found[f"stance.own.{task}.{part}"] = found.pop(f"stance.{task}.{part}") - shared
        found[f"stance.shared.{part}"] = shared
    return found


def _transitions(layers: list[dict[str, object]]) -> dict[str, np.ndarray]:
    tables = {
        str(layer["name"]): eased_table(np.asarray(layer["transitions"]), -float(str(layer.get("opening_bonus", 0.0))))
        for layer in layers
    }
    other = next(layer.name for layer in LAYERS if layer.name not in ROLE_LAYERS)
    return {
        "roles.scores": np.stack([tables[name] for name in ROLE_LAYERS]),
        "entities.scores": tables[other][None],
    }
