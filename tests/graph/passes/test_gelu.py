from __future__ import annotations

import pytest

from autosched.graph.passes.gelu import gelu
from tests.graph.passes.checking import after, kinds

NUMBERS = [
    "half: float32[] = constant [0.5]",
    "one: float32[1] = constant [1]",
    "root: float32[] = constant [1.41421356]",
    "c: float32[] = constant [0.044715]",
    "k: float32[] = constant [0.79788456]",
    "three: float32[] = constant [3]",
]
ERF = ["d = div(x, root)", "e = erf(d)", "g = add(e, one)"]
CUBE = ["p = pow(x, three)", "q = mul(p, c)"]
TANH = ["a = add(x, q)", "u = mul(a, k)", "t = tanh(u)", "g = add(one, t)"]


@pytest.mark.parametrize(
    "lines",
    [
        [*ERF, "m = mul(x, g)", "z = mul(m, half)"],
        [*ERF, "m = mul(half, x)", "z = mul(g, m)"],
        [*ERF, "m = mul(half, g)", "z = mul(x, m)"],
        [*CUBE, *TANH, "m = mul(x, half)", "z = mul(m, g)"],
        ["s = mul(x, x)", "r = mul(s, x)", "q = mul(c, r)", *TANH, "m = mul(x, half)",
         "z = mul(m, g)"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["x", "x = mul(y, y)"])
def test_gelu_of_any_order_of_factors(lines: list[str], source: str) -> None:
    """Also of a value that is a product itself."""
    inputs, first = ("x: float32[3, 4]", []) if source == "x" else ("y: float32[3, 4]", [source])
    new = after(gelu, inputs, *NUMBERS, *first, *lines)
    assert kinds(new) == ["mul"] * len(first) + ["gelu"]


@pytest.mark.parametrize(
    "lines",
    [
        [*ERF, "z = mul(x, g)"],
        [*ERF, "m = mul(y, g)", "z = mul(m, half)"],
        ["d = div(x, half)", *ERF[1:], "m = mul(x, g)", "z = mul(m, half)"],
        ["d = div(x, root)", "e = erf(d)", "g = add(e, half)", "m = mul(x, g)", "z = mul(m, half)"],
        [*CUBE, "a = add(y, q)", *TANH[1:], "m = mul(x, half)", "z = mul(m, g)"],
        ["p = pow(x, root)", "q = mul(p, c)", *TANH, "m = mul(x, half)", "z = mul(m, g)"],
    ],
)  # fmt: skip
def test_others_stay(lines: list[str]) -> None:
    inputs = "x: float32[3, 4], y: float32[3, 4]"
    assert "gelu" not in kinds(after(gelu, inputs, *NUMBERS, *lines))
