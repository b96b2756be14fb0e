"""The engines that run the encoder's graph: OpenVINO and ONNX Runtime behind one small protocol.

Each window runs by itself, at batch size one and a padded length that depends on nothing but its own tokens, and as
many windows run side by side as there are threads, one thread each. So what comes out for a window cannot depend on
what else was in the batch, there are eight shapes in all, and on CPUs no batching is faster: a window of 256 tokens
already fills the matrix units of a core.

Answers come one by one, and some windows more are always under way: whoever works on an answer does so while the engine
goes on.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from service.core.errors import ArtifactError
from service.core.model import Floats, Ints

EngineName = Literal["openvino", "onnxruntime"]
Row = tuple[Ints, Ints]  # token ids and mask of one padded window, each of shape (1, tokens)
Outputs = tuple[Floats, Floats]  # hidden (tokens, width) and tag scores (tokens, columns) of one window
_Started = TypeVar("_Started")
_AHEAD = 16  # windows a thread that are under way or wait to be taken; each holds a megabyte


class Engine(Protocol):
    """Runs the graph. Deterministic: the same row gives the same bits on the same kind of CPU."""

    def run(self, rows: Sequence[Row]) -> Iterator[Outputs]:
        """Run each row; the answers come in order, each as soon as it is there."""
        ...


class OpenVinoEngine:
    """OpenVINO on CPU, with f32 accumulation and one stream a thread."""

    def __init__(self, graph: Path, threads: int, cache: Path | None = None) -> None:
        # The converter that comes with it reports its use to Google Analytics, unless this module is absent.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino  # noqa: PLC0415 - a second and 100 MB that only the chosen engine should cost
        from openvino import properties  # noqa: PLC0415

        core = openvino.Core()
        config: dict[Any, Any] = {
            properties.inference_num_threads(): threads,
            properties.num_streams(): threads,
            properties.hint.inference_precision(): openvino.Type.f32,
            properties.hint.enable_cpu_pinning(): False,  # neighbours share these cores; the kernel knows better
        }
        if cache is not None:
            config[properties.cache_dir()] = str(cache)
        try:
            self._compiled = core.compile_model(core.read_model(graph), "CPU", config)
        except RuntimeError as error:
            raise ArtifactError(f"OpenVINO cannot read {graph}: it may be of a newer format.") from error
        self._threads = threads
        self._idle: deque[Any] = deque()  # requests to use again: their buffers are kept

    def run(self, rows: Sequence[Row]) -> Iterator[Outputs]:
        """Run each row in the next free stream."""
        return _ahead(rows, self._start, self._take, _AHEAD * self._threads)

    def _start(self, row: Row) -> Any:
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        request.start_async({"input_ids": row[0], "attention_mask": row[1]})
        return request

    def _take(self, request: Any) -> Outputs:
        request.wait()
        outputs = request.get_tensor("hidden").data[0].copy(), request.get_tensor("tags").data[0].copy()
        self._idle.append(request)
        return outputs


class OnnxRuntimeEngine:
    """ONNX Runtime on CPU: one session, one thread within a run, several runs side by side."""

    def __init__(self, graph: Path, threads: int) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at import; nothing here may speak to the outside
        import onnxruntime  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its error types are private
            raise ArtifactError(f"ONNX Runtime cannot read {graph}: it may be of a newer format.") from error
        self._threads = threads
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="onnxruntime")

    def run(self, rows: Sequence[Row]) -> Iterator[Outputs]:
        """Run the rows side by side; a run lets go of the GIL."""
        return _ahead(rows, lambda row: self._pool.submit(self._one, row), Future.result, _AHEAD * self._threads)

    def _one(self, row: Row) -> Outputs:
        hidden, tags = self._session.run(["hidden", "tags"], {"input_ids": row[0], "attention_mask": row[1]})
        return np.asarray(hidden[0]), np.asarray(tags[0])


def _ahead(
    rows: Sequence[Row], start: Callable[[Row], _Started], take: Callable[[_Started], Outputs], ahead: int
) -> Iterator[Outputs]:
    """Yield the outputs of the rows in order, with `ahead` of them started before the one that is waited for is taken.

    A reader that gives up leaves nothing running.
    """
    rest = iter(rows)
    under_way = deque(start(row) for row in islice(rest, ahead))
    try:
        while under_way:
            outputs = take(under_way.popleft())
            under_way.extend(start(row) for row in islice(rest, 1))
            yield outputs
    finally:
        while under_way:
            take(under_way.popleft())


def open_engine(name: EngineName, graph: Path, threads: int, cache: Path | None = None) -> Engine:
    """Open the graph with the engine of that name."""
    return OpenVinoEngine(graph, threads, cache) if name == "openvino" else OnnxRuntimeEngine(graph, threads)
