"""How fast the encoder is: each engine, and plain PyTorch in f32 where it is installed, on the same texts in one run.

usage: python -m benchmarks inference [--model DIR] [--texts FILE] [--seconds N] [--torch RUN]

The texts are the example articles of `schemas/examples`, repeated, or those of FILE (JSON lines with `text`). They are
cut and padded as the service does it. A figure is real tokens a second, special and padding tokens not counted. With
`--torch`, the run that the model was exported from is timed too, in f32 and without dropout, and ratios are printed.
"""

import argparse
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
from service.inference.windows import cut, sentence_starts
from service.settings import DEFAULT_MODEL

_ROOT = Path(__file__).resolve().parent.parent
_TORCH_BATCH = 32  # windows
_ENGINES: tuple[EngineName, ...] = ("openvino", "onnxruntime")


def main(arguments: Sequence[str]) -> None:
    """Print one JSON object: tokens a second, seconds to open, ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks inference", description=__doc__)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--texts", type=Path, help="JSON lines with `text`")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each engine is timed")
    parser.add_argument("--torch", type=Path, help="a training run: time its network in PyTorch f32")
    options = parser.parse_args(arguments)
    found: dict[str, object] = {"threads": available()}
    rates: dict[str, float] = {}
    windows: list[Ints] = []
    for engine in _ENGINES:
        started = time.perf_counter()
        model = load_model(options.model, engine=engine)
        found[f"{engine}_seconds_to_open"] = round(time.perf_counter() - started, 2)
        windows = windows or _windows(model, _texts(options.texts))
        rates[engine] = _rate(partial(_through, model, windows), windows, options.seconds)
        print(f"{engine}: {rates[engine]:.0f} tokens a second", file=sys.stderr)
    if options.torch is not None:
        rates["pytorch_f32"] = _rate(_torch(options.torch, windows), windows, options.seconds)
        print(f"pytorch_f32: {rates['pytorch_f32']:.0f} tokens a second", file=sys.stderr)
        found |= {f"{name}_ratio": round(rates[name] / rates["pytorch_f32"], 2) for name in _ENGINES}
    found |= {f"{name}_tokens_per_second": round(rate) for name, rate in rates.items()}
    print(json.dumps({"model": options.model.name, "windows": len(windows)} | found))


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
        starts = sentence_starts(tokens, [sentence.span for sentence in segment(text).sentences])
        found.extend(tokens.ids[start:end] for start, end in cut(len(tokens), starts, model.window))
    return found


def _through(model: ClaimwireModel, windows: Sequence[Ints]) -> None:
    for _ in model.encode(windows):
        pass


def _rate(run: Callable[[], object], windows: Sequence[Ints], seconds: float) -> float:
    """Return tokens a second over at least `seconds`, after one round that warms caches."""
    run()
    rounds, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        run()
        rounds += 1
    return rounds * sum(map(len, windows)) / spent


def _torch(run: Path, windows: Sequence[Ints]) -> Callable[[], object]:
    """Return a round of the same windows through PyTorch: batches of like lengths, f32, all threads."""
    import torch  # noqa: PLC0415 - only where it is compared with

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
