"""The speed of the shipped graph: each engine, and the trained network in PyTorch, on the same texts in one run.

Windows are cut and padded as in the service. A figure is real tokens per second: special and padding tokens do not
count.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from service.analysis.text.document import segment
from service.core.model import Ints
from service.inference.artifact import load_model
from service.inference.encoder import EngineName
from service.inference.model import ClaimwireModel
from service.inference.threads import available
from service.inference.windows import cut, starts

_ROOT = Path(__file__).resolve().parents[2]
_TORCH_BATCH = 32  # windows
_ENGINES: tuple[EngineName, ...] = ("openvino", "onnxruntime")


def print_speed(artifact: Path, texts: Path | None, *, seconds: float, run: Path | None) -> None:
    """Print one JSON object: tokens per second, seconds to open, and ratios to PyTorch.

    Args:
        artifact: the model's folder.
        texts: JSON lines with `text`; where there are none, the example articles of `schemas/examples`, repeated.
        seconds: how long each engine is timed.
        run: the training run that the artifact was exported from, to time its network in f32 and without dropout too.
    """
    found: dict[str, object] = {"threads": available()}
    rates: dict[str, float] = {}
    windows: list[Ints] = []
    for engine in _ENGINES:
        started = time.perf_counter()
        model = load_model(artifact, engine=engine)
        found[f"{engine}_seconds_to_open"] = round(time.perf_counter() - started, 2)
        windows = windows or _windows(model, _texts(texts))
        rates[engine] = _rate(partial(_through, model, windows), windows, seconds)
        print(f"{engine}: {rates[engine]:.0f} tokens per second", file=sys.stderr)
    if run is not None:
        rates["pytorch_f32"] = _rate(_torch(run, windows), windows, seconds)
        print(f"pytorch_f32: {rates['pytorch_f32']:.0f} tokens per second", file=sys.stderr)
        found |= {f"{name}_ratio": round(rates[name] / rates["pytorch_f32"], 2) for name in _ENGINES}
    found |= {f"{name}_tokens_per_second": round(rate) for name, rate in rates.items()}
    print(json.dumps({"model": artifact.name, "windows": len(windows)} | found))


def _texts(path: Path | None) -> list[str]:
    if path is not None:
        return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    bodies = [
        json.loads(file.read_text(encoding="utf-8")) for file in sorted((_ROOT / "schemas/examples").glob("*.json"))
    ]
    texts = [body["body"] for body in bodies if isinstance(body, dict) and isinstance(body.get("body"), str)]
    if not texts:
        raise SystemExit("schemas/examples holds no article: name a file with --texts")
    return texts * 4


def _windows(model: ClaimwireModel, texts: Sequence[str]) -> list[Ints]:
    found: list[Ints] = []
    for text, tokens in zip(texts, model.tokenize(texts), strict=True):
        edges = starts(tokens, [sentence.span for sentence in segment(text).sentences])
        found.extend(tokens.ids[start:end] for start, end in cut(len(tokens), edges, model.window))
    return found


def _through(model: ClaimwireModel, windows: Sequence[Ints]) -> None:
    for _ in model.encode(windows):
        pass


def _rate(run: Callable[[], object], windows: Sequence[Ints], seconds: float) -> float:
    """Return tokens per second over at least `seconds`, after one warm-up round."""
    run()
    rounds, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        run()
        rounds += 1
    return rounds * sum(map(len, windows)) / spent


def _torch(run: Path, windows: Sequence[Ints]) -> Callable[[], object]:
    """Return a round of the same windows through PyTorch: batches of like lengths, f32, all threads."""
    import torch  # noqa: PLC0415 - only where it is compared with: the engines can be timed without it

    from training.teach.losses import pad  # noqa: PLC0415
    from training.teach.train import trained  # noqa: PLC0415

    network, _, special, _ = trained(run)
    torch.set_num_threads(available())
    ordered = sorted((np.asarray(window) for window in windows), key=len)
    batches = [pad(ordered[at : at + _TORCH_BATCH], special) for at in range(0, len(ordered), _TORCH_BATCH)]

    def once() -> None:
        with torch.inference_mode():
            for ids, mask in batches:
                network(ids, mask)

    return once
