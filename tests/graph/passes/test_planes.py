from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from autosched.backends.parse import parse
from autosched.graph.passes.pipeline import Pass
from autosched.graph.passes.planes import planes
from autosched.graph.passes.pointwise import pointwise
from autosched.te.tensor import Tensor
from tests.graph.passes.checking import after, kinds

GIVEN = [
    "w: float32[24, 4, 1, 1] = any",
    "b: float32[24] = any",
    "v: float32[24, 1, 3, 3] = any",
]
LINES = ["y = conv(x, w, b)", "a = silu(y)", "z = conv(a, v, pads=[1, 1, 1, 1], groups=24)"]
TARGET = parse("cpu -cpu=skylake-avx512 -l2_bytes=65536 -threads=1")
always = partial(planes, together=lambda outputs: True)
as_the_target_says = partial(planes, together=TARGET.computes_together)


@pytest.mark.parametrize("step", [always, as_the_target_says])
def test_what_windows_read_is_marked(step: Pass) -> None:
    new = after(step, "x: float32[1, 4, 16, 16]", *GIVEN, *LINES)
    assert kinds(new) == ["conv", "silu", "planes", "conv"]
    assert new.nodes[2].outputs[0].name == "a.planes"


def test_the_target_is_asked_about_the_expressions_of_both() -> None:
    asked: list[str] = []

    def never(outputs: Sequence[Tensor]) -> bool:
        asked.extend(tensor.op.name for tensor in outputs)
        return False

    new = after(partial(planes, together=never), "x: float32[1, 4, 16, 16]", *GIVEN, *LINES)
    assert kinds(new) == ["conv", "silu", "conv"]
    assert asked == ["conv"]


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        ([*LINES[:2], "z = conv(a, v, pads=[1, 1, 1, 1], groups=24)"], "z, a"),
        ([*LINES, "u = relu(a)"], "z, u"),
        (["y = relu(x)", "u = concat(y, y, axis=1)", "z = softmax(u)"], "z"),
    ],
)
def test_what_others_read_too_is_not(lines: list[str], outputs: str) -> None:
    new = after(always, "x: float32[1, 4, 16, 16]", *GIVEN, *lines, outputs=outputs)
    assert "planes" not in kinds(new)


@pytest.mark.parametrize(
    "lines",
    [
        ["y = conv(x, w, b)", "k: float32[5, 24, 3, 3] = any", "z = conv(y, k)"],
        ["y = conv(x, w, b)", "m: float32[48, 1, 3, 3] = any", "z = conv(y, m, groups=24)"],
        ["y = conv(x, w, b)", "z = softmax(y)"],
    ],
)
def test_other_readers_are_not(lines: list[str]) -> None:
    new = after(as_the_target_says, "x: float32[1, 4, 16, 16]", *GIVEN, *lines)
    assert "planes" not in kinds(new)


def test_marked_rows_of_any_length_become_one() -> None:
    lines = [*LINES[:2], "p = planes(a)", LINES[2].replace("conv(a", "conv(p")]
    new = after(pointwise, "x: float32[1, 4, 2, 32]", *GIVEN, *lines)
    assert kinds(new) == ["reshape", "conv", "reshape", "silu", "planes", "conv"]
