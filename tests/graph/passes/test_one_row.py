from __future__ import annotations

import pytest

from autosched.graph.graph import Graph
from autosched.graph.passes.one_row import one_row
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[1, 5], y: float32[2, 5], c: float32[5, 1], v: float32[3, 5]"


def is_turned(graph: Graph) -> bool:
    return not any(getattr(node.operator, "transpose_b", False) for node in graph.nodes)


@pytest.mark.parametrize(
    "lines",
    [
        ["z = matmul(x, w, transpose_b=True)"],
        ["z = matmul(c, w, transpose_a=True, transpose_b=True)"],
        ["s: int64[3] = constant [1, 1, 5]", "r = reshape(x, s)",
         "z = matmul(r, w, transpose_b=True)"],
    ],
)  # fmt: skip
def test_weights_of_one_row_are_turned(lines: list[str]) -> None:
    assert is_turned(after(one_row, INPUTS, "w: float32[3, 5] = any", *lines))


@pytest.mark.parametrize(
    "line", ["z = matmul(y, w, transpose_b=True)", "z = matmul(x, v, transpose_b=True)"]
)
def test_others_stay(line: str) -> None:
    assert not is_turned(after(one_row, INPUTS, "w: float32[3, 5] = any", line))


IMAGES = "x: float32[1, 4, 1, 1], y: float32[1, 4, 2, 1], v: float32[3, 4, 1, 1]"
WEIGHTS = ["w: float32[3, 4, 1, 1] = any", "b: float32[3] = any", "g: float32[2, 2, 1, 1] = any"]


@pytest.mark.parametrize(("line", "sums"), [("z = conv(x, w)", []), ("z = conv(x, w, b)", ["add"])])
def test_a_convolution_of_one_point_is_a_product(line: str, sums: list[str]) -> None:
    new = after(one_row, IMAGES, *WEIGHTS, line)
    assert kinds(new) == ["reshape", "matmul", *sums, "reshape"]


@pytest.mark.parametrize(
    "line",
    [
        "z = conv(y, w)",
        "z = conv(x, v)",
        "z = conv(x, g, groups=2)",
        "z = conv(x, w, pads=[1, 1, 1, 1], strides=[3, 3])",
    ],
)
def test_other_convolutions_stay(line: str) -> None:
    assert kinds(after(one_row, IMAGES, *WEIGHTS, line)) == ["conv"]
