"""Which engine `auto` takes."""

from pathlib import Path

import pytest

from service.inference.engine_choice import EngineSetting, choose, instruction_set


@pytest.mark.parametrize(
    ("instructions", "name", "told"),
    [
        ({"avx2", "avx512f", "avx512_vnni", "amx_int8"}, "openvino", "amx_int8"),
        ({"avx2", "avx512f", "avx512_vnni"}, "openvino", "avx512_vnni"),
        ({"avx2", "avx_vnni"}, "openvino", "avx_vnni"),
        ({"sse4_2", "avx", "avx2"}, "onnxruntime", "avx2"),
        ({"avx2", "avx512f"}, "openvino", "Nothing is known"),
        (set(), "openvino", "Nothing is known"),
    ],
)
def test_the_instruction_set_decides(instructions: set[str], name: str, told: str) -> None:
    """Dot products of bytes speak for OpenVINO, AVX2 alone for ONNX Runtime, and the reason names what was found."""
    found = choose("auto", instructions)
    assert found.name == name
    assert told in found.reason


@pytest.mark.parametrize("setting", ["openvino", "onnxruntime"])
def test_an_engine_that_is_named_is_taken(setting: EngineSetting) -> None:
    """Whatever the CPU has."""
    for instructions in ({"avx2"}, {"avx2", "avx_vnni"}):
        assert choose(setting, instructions).name == setting


def test_the_instructions_are_those_that_linux_lists(tmp_path: Path) -> None:
    """The first CPU's flags count; on other kinds of CPU, and without a list, there are none."""
    listed = tmp_path / "cpuinfo"
    listed.write_text("processor\t: 0\nflags\t\t: fpu avx avx2\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert instruction_set(listed) == {"fpu", "avx", "avx2"}
    listed.write_text("processor\t: 0\nFeatures\t: fp asimd\n")
    assert instruction_set(listed) == frozenset()
    assert instruction_set(tmp_path / "absent") == frozenset()
