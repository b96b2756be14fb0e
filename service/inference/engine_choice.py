"""Which engine reads fastest on this machine, told by its instruction set.

Measured with the shipped int8 models on two cores: with dot products of bytes (VNNI, AMX) OpenVINO reads three times as
many tokens a second as ONNX Runtime; with AVX2 alone ONNX Runtime reads 1.3 times as many as OpenVINO. A race at
start-up would see the same most of the time, but not always: two engines give slightly different events, so replicas on
the same kind of machine must choose alike.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.inference.encoder import EngineName

EngineSetting = Literal["auto", "openvino", "onnxruntime"]

_CPUINFO = Path("/proc/cpuinfo")
_BYTE_PRODUCTS = ("amx_int8", "avx512_vnni", "avx_vnni")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """An engine, and a sentence that says why it was chosen."""

    name: EngineName
    reason: str


def choose(setting: EngineSetting, instructions: AbstractSet[str] | None = None) -> EngineChoice:
    """Return the engine that the setting names; for `auto`, the one that is faster with these instructions.

    Args:
        setting: An engine's name, or `auto`.
        instructions: The CPU's, as Linux names them; None: those of this machine.
    """
    if setting != "auto":
        return EngineChoice(name=setting, reason="The setting names it.")
    found = instruction_set() if instructions is None else instructions
    for name in _BYTE_PRODUCTS:
        if name in found:
            return EngineChoice(name="openvino", reason=f"The CPU has {name}.")
    if "avx2" in found and "avx512f" not in found:
        return EngineChoice(name="onnxruntime", reason="The CPU has avx2 alone, neither VNNI nor AMX.")
    return EngineChoice(name="openvino", reason="Nothing is known of this CPU that speaks for the other one.")


def instruction_set(cpuinfo: Path = _CPUINFO) -> frozenset[str]:
    """Return the instructions of the first CPU as Linux lists them; nothing where there is no such list."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return frozenset()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()
