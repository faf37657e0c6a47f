from __future__ import annotations

import pytest

from autosched.graph.passes.reads import reads
from tests.graph.passes.checking import after, equations, kinds

INPUTS = "q: float32[2, 5, 3], k: float32[2, 4, 3], b: float32[1, 4, 3], r: float32[4, 6]"


@pytest.mark.parametrize(
    ("lines", "found", "equation"),
    [
        (["t = transpose(k, permutation=[0, 2, 1])", "z = matmul(q, t)"], ["einsum"],
         ["abd,acd->abc"]),
        (["t = transpose(b, permutation=[0, 2, 1])", "z = matmul(q, t)"],
         ["reshape", "einsum"], ["abd,cd->abc"]),
        (["t = transpose(k, permutation=[1, 0, 2])", "u: float32[1, 3, 2] = any",
          "z = matmul(t, u)"], ["einsum"], ["bad,dc->abc"]),
        (["t = transpose(b, permutation=[0, 2, 1])", "u: float32[1, 4, 2] = any",
          "z = matmul(t, u)"], ["reshape", "einsum", "reshape"], ["ca,cb->ab"]),
        (["s: int64[3] = constant [4, 2, 3]", "e = reshape(r, s)",
          "t = transpose(e, permutation=[1, 0, 2])", "z = matmul(t, q, transpose_b=True)"],
         ["reshape", "einsum"], ["bad,acd->abc"]),
    ],
)  # fmt: skip
def test_a_contraction_reads_where_its_operands_lie(
    lines: list[str], found: list[str], equation: list[str]
) -> None:
    new = after(reads, INPUTS, *lines)
    assert sorted(kinds(new)) == sorted(found)
    assert equations(new) == equation


@pytest.mark.parametrize(
    "lines",
    [
        ["z = matmul(q, k, transpose_b=True)"],
        ["t = transpose(k, permutation=[0, 2, 1])", "z = softmax(t)"],
        ["t = transpose(k, permutation=[1, 0, 2])", "s: int64[2] = constant [4, 6]",
         "f = reshape(t, s)", "z = matmul(f, r, transpose_b=True)"],
    ],
)  # fmt: skip
def test_others_stay(lines: list[str]) -> None:
    assert "einsum" not in kinds(after(reads, INPUTS, *lines))
