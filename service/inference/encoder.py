"""The engines that run the encoder's graph: OpenVINO and ONNX Runtime behind one small protocol.

Each window runs by itself, at batch size one and a padded length that depends on nothing but its own tokens, and as
many windows run side by side as there are threads, one thread each. So what comes out for a window cannot depend on
what else was in the batch, there are eight shapes in all, and on CPUs no batching is faster: a window of 256 tokens
already fills the matrix units of a core.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from service.core.errors import ArtifactError
from service.core.ports import Floats, Ints

EngineName = Literal["openvino", "onnxruntime"]
Row = tuple[Ints, Ints]  # token ids and mask of one padded window, each of shape (1, tokens)
Outputs = tuple[Floats, Floats]  # hidden (tokens, width) and tag scores (tokens, columns) of one window


class Engine(Protocol):
    """Runs the graph. Deterministic: the same row gives the same bits on the same kind of CPU."""

    def run(self, rows: Sequence[Row]) -> list[Outputs]:
        """Run each row; the answers are in order."""
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
        self._requests = [self._compiled.create_infer_request() for _ in range(threads)]

    def run(self, rows: Sequence[Row]) -> list[Outputs]:
        """Run each row in the next free stream."""
        found: list[Outputs] = []
        waiting: list[Any] = []
        for index, (ids, mask) in enumerate(rows):
            if len(waiting) == len(self._requests):
                found.append(self._take(waiting.pop(0)))
            request = self._requests[index % len(self._requests)]
            request.start_async({"input_ids": ids, "attention_mask": mask}, share_inputs=True)
            waiting.append(request)
        found.extend(self._take(request) for request in waiting)
        return found

    @staticmethod
    def _take(request: Any) -> Outputs:
        request.wait()
        return request.get_tensor("hidden").data[0].copy(), request.get_tensor("tags").data[0].copy()


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
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="onnxruntime")

    def run(self, rows: Sequence[Row]) -> list[Outputs]:
        """Run the rows side by side; a run lets go of the GIL."""
        return list(self._pool.map(self._one, rows))

    def _one(self, row: Row) -> Outputs:
        hidden, tags = self._session.run(["hidden", "tags"], {"input_ids": row[0], "attention_mask": row[1]})
        return np.asarray(hidden[0]), np.asarray(tags[0])


def open_engine(name: EngineName, graph: Path, threads: int, cache: Path | None = None) -> Engine:
    """Open the graph with the engine of that name."""
    return OpenVinoEngine(graph, threads, cache) if name == "openvino" else OnnxRuntimeEngine(graph, threads)
