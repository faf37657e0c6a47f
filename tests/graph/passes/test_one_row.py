from __future__ import annotations

import pytest

from autosched.graph.graph import Graph
from autosched.graph.passes.one_row import one_row
from tests.graph.passes.checking import after

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
