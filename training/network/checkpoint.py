"""Checkpoints of a training run: all that the next step depends on, written atomically."""

import os
from pathlib import Path
from typing import Any

import torch

NAME = "checkpoint.pt"


def save(directory: Path, state: dict[str, Any]) -> None:
    """Write the state beside the last one, then rename it into place."""
    directory.mkdir(parents=True, exist_ok=True)
    part = directory / f"{NAME}.part"
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(directory / NAME)


def load(directory: Path) -> dict[str, Any] | None:
    """Return the last state, or None where there is none yet."""
    path = directory / NAME
    return torch.load(path, map_location="cpu", weights_only=False) if path.exists() else None
