from __future__ import annotations

import pytest

from autosched.graph.passes.pointwise import pointwise
from tests.graph.passes.checking import after, kinds

GIVEN = [
    "w: float32[4, 3, 1, 1] = any",
    "b: float32[4] = any",
    "g: float32[3, 1, 1, 1] = any",
    "k: float32[4, 3, 3, 3] = any",
]


@pytest.mark.parametrize("bias", ["", ", b"])
@pytest.mark.parametrize("shape", ["1, 3, 7, 7", "2, 3, 9, 5"])
def test_short_rows_become_one(shape: str, bias: str) -> None:
    new = after(pointwise, f"x: float32[{shape}]", *GIVEN, f"z = conv(x, w{bias})")
    assert kinds(new) == ["reshape", "conv", "reshape"]
    assert new.nodes[1].outputs[0].type.rank == 3  # type: ignore[union-attr]


def test_sums_keep_their_dtype() -> None:
    lines = ["v: int8[4, 3, 1, 1] = any", "z = conv(x, v, out_dtype=int32)"]
    new = after(pointwise, "x: uint8[1, 3, 7, 7]", *lines)
    assert kinds(new) == ["reshape", "conv", "reshape"]
    assert new.outputs[0].type.dtype.name == "int32"  # type: ignore[union-attr]


def test_three_axes_of_space() -> None:
    lines = ["v: float32[4, 3, 1, 1, 1] = any", "z = conv(x, v)"]
    new = after(pointwise, "x: float32[1, 3, 4, 5, 2]", *lines)
    assert kinds(new) == ["reshape", "conv", "reshape"]


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        ("1, 3, 2, 28", "z = conv(x, w)"),
        ("1, 3, 1, 1", "z = conv(x, w)"),
        ("1, 3, 7, 7", "z = conv(x, w, strides=[2, 2])"),
        ("1, 3, 7, 7", "z = conv(x, w, pads=[1, 1, 1, 1])"),
        ("1, 3, 7, 7", "z = conv(x, g, groups=3)"),
        ("1, 3, 7, 7", "z = conv(x, k, pads=[1, 1, 1, 1])"),
    ],
)
def test_others_stay(shape: str, line: str) -> None:
    assert kinds(after(pointwise, f"x: float32[{shape}]", *GIVEN, line)) == ["conv"]


def test_elementwise_chains_of_any_length_follow() -> None:
    lines = [f"e{n + 1} = neg(e{n})" for n in range(1050)]
    given = ["x: float32[1, 3, 2, 28]", *GIVEN, "e0 = conv(x, w)", *lines, "z = neg(e1050)"]
    assert kinds(after(pointwise, *given))[:2] == ["conv", "neg"]
