from __future__ import annotations

import pytest

from autosched.graph.passes.parts import parts
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[5, 3], y: float32[5, 6]"
DENSE = ["w: float32[3, 6] = any", "m = matmul(x, w)"]


def ends(start: int, stop: int, axis: int, name: str = "") -> list[str]:
    numbers = {"s": start, "e": stop, "a": axis}
    return [f"{key}{name}: int64[1] = constant [{n}]" for key, n in numbers.items()]


@pytest.mark.parametrize(
    ("lines", "outputs", "found"),
    [
        (["p, z = split(m, axis=1, parts=2)"], "p, z", ["matmul", "matmul"]),
        (
            ["b: float32[6] = any", "o: float32[1, 1] = any", "a = add(b, m)", "c = mul(a, o)",
             "p, z = split(c, axis=-1, parts=2)"],
            "p, z",
            ["matmul", "add", "mul"] * 2,
        ),
        (
            ["b: float32[5, 1] = any", "a = add(m, b)", *ends(2, 4, 1), "z = slice(a, s, e, a_)"],
            "z",
            ["matmul", "add"],
        ),
        (
            ["k: int64[4] = constant [1, 5, 3, 2]", "r = reshape(m, k)",
             "t = transpose(r, permutation=[2, 0, 1, 3])", *ends(1, 2, 0),
             "z = slice(t, s, e, a_)"],
            "z",
            ["matmul", "reshape", "transpose"],
        ),
        (
            ["t = transpose(m)", "p, z = split(t, axis=0, parts=2)"],
            "p, z",
            ["matmul", "transpose"] * 2,
        ),
    ],
)  # fmt: skip
def test_parts_of_a_contraction_are_contractions(
    lines: list[str], outputs: str, found: list[str]
) -> None:
    lines = [line.replace("a:", "a_:") if line.startswith("a:") else line for line in lines]
    assert kinds(after(parts, INPUTS, *DENSE, *lines, outputs=outputs)) == found


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        (["p, z = split(m, axis=0, parts=5)"], "z"),  # an axis of x
        (["p, q = split(m, axis=1, parts=2)", "z = exp(m)"], "p, z"),
        (["p, z = split(m, axis=1, parts=2)"], "p, z, m"),
        (["a = add(m, y)", "p, z = split(a, axis=1, parts=2)"], "p, z"),
        (["a = softmax(m)", "p, z = split(a, axis=1, parts=2)"], "p, z"),
        (["k: int64[2] = constant [3, 10]", "r = reshape(m, k)",
          "p, z = split(r, axis=1, parts=2)"], "p, z"),
        (["k: int64[3] = constant [5, 3, 2]", "r = reshape(m, k)",
          "p, z = split(r, axis=2, parts=2)"], "p, z"),
        (["s: int64[2] = constant [0, 0]", "e: int64[2] = constant [3, 3]",
          "z = slice(m, s, e)"], "z"),
        (["s: int64[1] = constant [0]", "e: int64[1] = constant [6]", "i: int64[1] = constant [1]",
          "t: int64[1] = constant [2]", "z = slice(m, s, e, i, t)"], "z"),
        (["s: int64[1] = constant [0]", "e: int64[1] = constant [5]", "i: int64[1] = constant [1]",
          "q = slice(m, s, e, i)", "f: int64[1] = constant [1]", "n: int64[1] = constant [6]",
          "z = slice(m, f, n, i)"], "q, z"),
    ],
)  # fmt: skip
def test_others_stay(lines: list[str], outputs: str) -> None:
    assert kinds(after(parts, INPUTS, *DENSE, *lines, outputs=outputs)).count("matmul") == 1


def test_nothing_has_no_parts() -> None:
    inputs = "x: float32[0, 3]"
    lines = ["w: float32[3, 6] = any", "m = matmul(x, w)", "p, z = split(m, axis=0, parts=2)"]
    assert kinds(after(parts, inputs, *lines, outputs="z")) == ["matmul", "split"]
