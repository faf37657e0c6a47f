from __future__ import annotations

import pytest

from autosched.graph.graph import Graph
from autosched.graph.passes.norms import norms
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[2, 3, 4], y: float32[2, 3, 4]"
GIVEN = [
    "last: int64[1] = constant [-1]",
    "two: int64[2] = constant [1, 2]",
    "first: int64[1] = constant [0]",
    "e: float32[] = constant [0.001]",
    "one: float32[] = constant [1]",
    "half: float32[] = constant [-0.5]",
    "g: float32[4] = any",
    "b: float32[1, 1, 4] = any",
    "h: float32[3, 4] = any",
    "w: float32[2, 1, 4] = any",
]
SQUARE = ["q = mul(x, x)", "m = mean(q, last)", "v = add(m, e)"]
ROOT = [*SQUARE, "r = sqrt(v)"]
DEVIATION = ["a = mean(x, last)", "d = sub(x, a)"]
VARIANCE = ["q = mul(d, d)", "m = mean(q, last)", "v = add(e, m)", "r = sqrt(v)"]


def run(*lines: str, outputs: str = "z") -> Graph:
    return after(norms, INPUTS, *GIVEN, *lines, outputs=outputs)


@pytest.mark.parametrize(
    ("lines", "found", "given"),
    [
        ([*ROOT, "z = div(x, r)"], "rms_norm", 1),
        ([*ROOT, "i = div(one, r)", "n = mul(x, i)", "z = mul(g, n)"], "rms_norm", 2),
        ([*ROOT, "i = reciprocal(r)", "n = mul(i, x)", "z = mul(n, b)"], "rms_norm", 2),
        ([*SQUARE, "i = pow(v, half)", "n = mul(x, i)", "z = mul(n, g)"], "rms_norm", 2),
        ([*DEVIATION, *VARIANCE, "z = div(d, r)"], "layer_norm", 1),
        ([*DEVIATION, *VARIANCE, "n = div(d, r)", "s = mul(n, g)", "z = add(b, s)"],
         "layer_norm", 3),
        ([*DEVIATION, *VARIANCE, "n = div(d, r)", "z = add(n, g)"], "layer_norm", 3),
        (["q = mul(x, x)", "m = mean(q, two)", "v = add(m, e)", "r = sqrt(v)", "n = div(x, r)",
          "z = mul(n, h)"], "rms_norm", 2),
    ],
)  # fmt: skip
def test_normalizations_are_one_operator(lines: list[str], found: str, given: int) -> None:
    new = run(*lines)
    assert kinds(new) == [found]
    assert len(new.nodes[0].inputs) == given


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        (["q = mul(x, y)", *SQUARE[1:], "r = sqrt(v)", "z = div(x, r)"], "z"),
        ([*ROOT, "z = div(y, r)"], "z"),
        ([*SQUARE, "z = div(x, v)"], "z"),
        (["q = mul(x, x)", "m = mean(q, first)", "v = add(m, e)", "r = sqrt(v)", "z = div(x, r)"],
         "z"),
        (["q = mul(x, x)", "m = sum(q, last)", "v = add(m, e)", "r = sqrt(v)", "z = div(x, r)"],
         "z"),
        (["q = mul(x, x)", "m = mean(q, last)", "v = add(m, y)", "r = sqrt(v)", "z = div(x, r)"],
         "z"),
    ],
)  # fmt: skip
def test_others_stay(lines: list[str], outputs: str) -> None:
    assert not {"rms_norm", "layer_norm"}.intersection(kinds(run(*lines, outputs=outputs)))


@pytest.mark.parametrize(
    "line", ["z = mul(n, e)", "z = mul(n, w)", "z = mul(n, y)", "z = add(n, g)"]
)
def test_other_factors_and_terms_stay(line: str) -> None:
    assert kinds(run(*ROOT, "n = div(x, r)", line)) == ["rms_norm", line[4:7]]


def test_a_normalization_that_others_read_keeps_its_factor_apart() -> None:
    new = run(*ROOT, "n = div(x, r)", "z = mul(n, g)", outputs="z, n")
    assert kinds(new) == ["rms_norm", "mul"]


def test_the_mean_around_which_it_deviates_is_over_the_same_axes() -> None:
    new = run("a = mean(x, two)", "d = sub(x, a)", *VARIANCE, "z = div(d, r)")
    assert kinds(new) == ["mean", "sub", "rms_norm"]
