"""A folder to a model that is ready: verified, loaded, warm."""

from pathlib import Path

import numpy as np

from service.core.model import Floats
from service.inference.encoder import open_engine
from service.inference.engine_choice import EngineSetting, choose
from service.inference.manifest import GRAPH, HEADS, REFERENCES, TOKENIZER, Manifest, read_manifest
from service.inference.model import ClaimwireModel
from service.inference.threads import available
from service.inference.tokenizer import Tokenizer


def load_model(
    directory: Path,
    *,
    engine: EngineSetting = "openvino",
    threads: int | None = None,
    cache_dir: Path | None = None,
    warm: bool = True,
    reads_twice: bool = True,
) -> ClaimwireModel:
    """Open an artifact.

    1. Verify every file against the manifest. 2. Load tokenizer and heads. 3. Open the graph. 4. Warm every shape.

    Args:
        directory: a folder with a `manifest.json`.
        engine: which engine runs the graph; `auto`: the one that is faster on this machine.
        threads: how many threads it may use; by default what the CPU quota gives.
        cache_dir: where OpenVINO may keep the compiled graph, for the next start.
        warm: whether to do step 4; without it, the first inputs of each length take longer.
        reads_twice: claims are read a second time for their stances, where the artifact can.

    Raises:
        ArtifactError: the artifact is absent, incomplete, changed, of another format, or the engine cannot read it.

    """
    manifest = read_manifest(directory)
    count, choice = threads or available(), choose(engine)
    model = ClaimwireModel(
        manifest,
        Tokenizer.load(directory / TOKENIZER, manifest.vocabulary),
        open_engine(choice.name, directory / GRAPH, count, cache_dir),
        read_heads(manifest),
        choice=choice,
        reads_twice=reads_twice,
    )
    if warm:
        model.warm(count)
    return model


def read_heads(manifest: Manifest) -> dict[str, Floats]:
    """Return the weights of the heads as f32; they are stored as f16."""
    from safetensors.numpy import load_file  # noqa: PLC0415 - only needed where a model is opened

    files = [manifest.directory / name for name in (HEADS, REFERENCES)]
    return {
        name: value.astype(np.float32) for path in files if path.exists() for name, value in load_file(path).items()
    }
