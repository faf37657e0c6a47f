from __future__ import annotations

import pytest

from autosched.graph.passes.gates import gates
from tests.graph.passes.checking import after, kinds

NUMBERS = [
    "low: float32[] = constant [0]",
    "three: float32[] = constant [3]",
    "six: float32[] = constant [6]",
    "sixth: float32[] = constant [0.16666667]",
]
CLIP = ["a = add(x, three)", "g = clip(a, low, six)"]
HARD = "g = hard_sigmoid(x, alpha=0.16666667)"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["g = sigmoid(x)", "z = mul(x, g)"], ["silu"]),
        (["x2 = mul(x, y)", "g = sigmoid(x2)", "z = mul(g, x2)"], ["mul", "silu"]),
        (["a = mul(six, x)", "g = sigmoid(a)", "z = mul(x, g)"], ["silu"]),
        ([HARD, "z = mul(x, g)"], ["hard_swish"]),
        ([*CLIP, "m = mul(x, g)", "z = div(m, six)"], ["hard_swish"]),
        ([*CLIP, "m = mul(g, sixth)", "z = mul(m, x)"], ["hard_swish"]),
        ([*CLIP, "m = div(g, six)", "z = mul(x, m)"], ["hard_swish"]),
    ],
)
def test_gates_of_a_value(lines: list[str], found: list[str]) -> None:
    new = after(gates, "x: float32[3, 4], y: float32[3, 4]", *NUMBERS, *lines)
    assert kinds(new) == found


@pytest.mark.parametrize(
    "lines",
    [
        ["g = sigmoid(y)", "z = mul(x, g)"],
        ["g = sigmoid(x)", "z = add(x, g)"],
        ["g = sigmoid(x)", "m = mul(g, three)", "z = mul(x, m)"],
        ["g = hard_sigmoid(x)", "z = mul(x, g)"],
        [*CLIP, "z = mul(x, g)"],
        ["a = add(x, six)", "g = clip(a, low, six)", "m = mul(x, g)", "z = div(m, six)"],
        ["a = add(x, three)", "g = clip(a, low, three)", "m = mul(x, g)", "z = div(m, six)"],
        ["a = add(x, three)", "g = clip(a, low)", "m = mul(x, g)", "z = div(m, six)"],
    ],
)
def test_others_stay(lines: list[str]) -> None:
    inputs = "x: float32[3, 4], y: float32[3, 4]"
    found = kinds(after(gates, inputs, *NUMBERS, *lines))
    assert not {"silu", "hard_swish"}.intersection(found)
