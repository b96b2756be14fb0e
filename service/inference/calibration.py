"""Logits to calibrated probabilities, by the numbers that the manifest holds."""

import numpy as np

from service.core.model import Floats
from service.inference.manifest import Binary, Choice


def calibrated(choice: Choice, logits: Floats) -> Floats:
    """Return logits whose softmax is calibrated."""
    result: Floats = (logits * choice.scale + np.asarray(choice.shift)).astype(np.float32)
    return result


def sigmoid(binary: Binary, logits: Floats) -> Floats:
    """Return calibrated probabilities of logits; minus infinity gives 0."""
    with np.errstate(over="ignore"):
        result: Floats = (1.0 / (1.0 + np.exp(-(binary.scale * logits + binary.shift)))).astype(np.float32)
    return result
