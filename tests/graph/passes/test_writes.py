from __future__ import annotations

import pytest

from autosched.graph.passes.writes import writes
from tests.graph.passes.checking import after, equations, kinds

INPUTS = "x: float32[1, 5, 6], q: float32[2, 5, 3], v: float32[2, 3, 4]"
SPLIT = "z = transpose(r, permutation=[0, 2, 1, 3])"
DENSE = [
    "w: float32[6, 8] = any",
    "s: int64[4] = constant [1, 5, 2, 4]",
    "flat: int64[3] = constant [1, 5, 8]",
    "b: float32[8] = any",
    "m = matmul(x, w)",
]


@pytest.mark.parametrize(
    ("lines", "found", "equation"),
    [
        (
            ["a = add(b, m)", "r = reshape(a, s)", SPLIT],
            ["reshape", "einsum", "add", "reshape"],
            ["bd,dac->abc"],
        ),
        (
            ["r = reshape(m, s)", "t = transpose(r, permutation=[0, 2, 3, 1])",
             "k: float32[1, 2, 7, 4] = any", "z = matmul(k, t)"],
            ["reshape", "einsum", "transpose", "reshape", "matmul"],
            ["bd,dac->abc"],
        ),
        (
            ["p = matmul(q, v)", "t = transpose(p, permutation=[1, 0, 2])",
             "z = reshape(t, flat)"],
            ["einsum", "reshape"],
            ["bad,bdc->abc"],
        ),
        (
            ["u: float32[5, 5] = any", "m2 = matmul(u, x)", "r = relu(m2)",
             "z = transpose(r, permutation=[0, 2, 1])"],
            ["reshape", "einsum", "relu", "reshape"],
            ["bc,ca->ab"],
        ),
    ],
)  # fmt: skip
def test_a_contraction_writes_where_its_result_is_wanted(
    lines: list[str], found: list[str], equation: list[str]
) -> None:
    new = after(writes, INPUTS, *DENSE, *lines)
    assert kinds(new) == found
    assert equations(new) == equation


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        (["r = reshape(m, s)", "z = transpose(r, permutation=[0, 2, 3, 1])"], "z"),
        (["z = transpose(m, permutation=[0, 2, 1])"], "z"),
        (["r = reshape(m, s)", SPLIT], "z, m"),
        (["a = add(m, m)", "r = reshape(a, s)", SPLIT], "z, a"),
        (["a = softmax(m)", "r = reshape(a, s)", SPLIT], "z"),
        (["k: float32[1, 5, 8] = any", "e = exp(b)", "a = add(m, e)", "r = reshape(a, s)",
          SPLIT], "z"),
        (["z = reshape(m, s)"], "z"),
    ],
)  # fmt: skip
def test_others_stay(lines: list[str], outputs: str) -> None:
    assert "einsum" not in kinds(after(writes, INPUTS, *DENSE, *lines, outputs=outputs))
