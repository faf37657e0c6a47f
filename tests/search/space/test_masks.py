"""Masked terms of reductions are left out, in chains of contractions above all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.api import build
from autosched.ops.attention import attention
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.masks import skip_masked
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from autosched.te.dag import inputs
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.tasks import MACHINE

Mask = Callable[[Any, Any], Any]


def attended(
    m: int, n: int, d: int = 5, heads: int = 2, key_heads: int = 2, dtype: str = "float32"
) -> te.Tensor:
    shapes = {"q": (1, heads, m, d), "k": (1, key_heads, n, d), "v": (1, key_heads, n, d)}
    q, k, v = (te.placeholder(shape, dtype, name=name) for name, shape in shapes.items())
    return attention(q, k, v, causal=True)


def windowed(mask: Mask, m: int, n: int, dtype: str = "float32", normal: bool = True) -> te.Tensor:
    """A product of weights, the softmax of masked products or these themselves, with values."""
    q, k, v = (
        te.placeholder((rows, 7), dtype, name=name)
        for name, rows in zip("qkv", (m, n, n), strict=True)
    )
    a, b, c, e = (
        te.reduce_axis((0, size), name=x) for x, size in zip("abce", (7, n, n, n), strict=True)
    )
    S = te.compute((m, n), lambda i, j: te.sum(q[i, a] * k[j, a], axis=a), name="S")
    hidden = te.const(-inf if normal else 0, dtype)
    M = te.compute((m, n), lambda i, j: te.if_then_else(mask(i, j), S[i, j], hidden), name="M")
    if not normal:
        return te.compute((m, 7), lambda i, j: te.sum(M[i, e] * v[e, j], axis=e), name="C")
    G = te.compute((m,), lambda i: te.max(M[i, b], axis=b), name="G")
    P = te.compute((m, n), lambda i, j: te.exp(M[i, j] - G[i]), name="P")
    T = te.compute((m,), lambda i: te.sum(P[i, c], axis=c), name="T")
    W = te.compute((m, n), lambda i, j: P[i, j] / T[i], name="W")
    return te.compute((m, 7), lambda i, j: te.sum(W[i, e] * v[e, j], axis=e), name="C")


def skipped(output: te.Tensor, target: Target = MACHINE) -> int:
    """The reductions of the first sketch that leave out terms."""
    sketch = space([output], target).sketches[0]
    return str(replay([output.op], sketch.bind(sketch.default))).count("only where")


def agree(output: te.Tensor, family: str = "rows", sketches: int = 2) -> None:
    """The default of the first sketches, and one candidate, compute what the expression means."""
    program = Program(family, [output])
    found = space(program.outputs, MACHINE).sketches[:sketches]
    drawn = found[0].sample(np.random.default_rng(5), 8).tolist()[:2]
    traces = [found[0].bind(tuple(each)) for each in drawn]
    traces += [each.bind(each.default) for each in found]
    made = [
        interpreted(program, replay(program.outputs, trace), MACHINE, 1, f"k{number}")
        for number, trace in enumerate(traces)
    ]
    compiled(made, Target.host(), 2)


@pytest.mark.parametrize(
    ("m", "n", "more"),
    [
        (13, 13, {}),
        (24, 24, {"d": 8}),
        (5, 17, {}),
        (1, 9, {"heads": 8, "key_heads": 8}),
        (37, 37, {"heads": 4, "key_heads": 2}),
        (11, 19, {"dtype": "float64"}),
    ],
    ids=str,
)
def test_causal_attention(m: int, n: int, more: dict[str, Any]) -> None:
    output = attended(m, n, **more)
    if m > 1:
        assert skipped(output) == 3
    agree(output)


MASKS: dict[str, Mask] = {
    "causal": lambda i, j: j <= i,
    "later": lambda i, j: i <= j,
    "window": lambda i, j: te.all(j <= i, i <= j + 5),
    "both sides": lambda i, j: te.all(j <= i + 3, i <= j + 5),
    "first": lambda i, j: j < 4,
    "first and window": lambda i, j: te.any(j < 4, i <= j),
    "even": lambda i, j: j * 2 <= i + 1,
}


@pytest.mark.parametrize("size", [9, 40])
@pytest.mark.parametrize("mask", MASKS)
def test_masks_of_a_softmax(mask: str, size: int) -> None:
    agree(windowed(MASKS[mask], size, size))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "float16"])
@pytest.mark.parametrize("mask", MASKS)
def test_masks_of_products(mask: str, dtype: str) -> None:
    agree(windowed(MASKS[mask], 23, 31, dtype, normal=False), "masked")


def test_all_reductions_of_the_chain_are_bounded() -> None:
    assert skipped(windowed(MASKS["window"], 40, 40)) == 3
    assert skipped(windowed(MASKS["first and window"], 40, 40)) == 0
    assert skipped(windowed(lambda i, j: j < 39, 40, 40)) == 0, "too few"


def test_a_row_without_keys_is_as_written() -> None:
    """The first row sees no key, so that it is NaN."""
    output = windowed(lambda i, j: j < i, 20, 20)
    assert skipped(output) == 1, "of the greatest, which is -inf"
    args = [*inputs([output]), output]
    random = np.random.default_rng(3)
    arrays = [random.normal(size=[int(x.value) for x in t.shape]).astype("float32") for t in args]
    build(args, threads=1)(*arrays)
    assert np.isnan(arrays[-1][0]).all()
    assert np.isfinite(arrays[-1][1:]).all()


def test_nothing_is_left_out_without_tolerance() -> None:
    exact = replace(MACHINE, tolerance=0.0)
    assert skipped(attended(40, 40), exact) == 0
    builder = SketchBuilder([attended(40, 40)])
    skip_masked(builder, Core.of(exact, 32))
    assert not builder.steps


def test_numbers_that_are_not_finite_reach_all_that_sees_them() -> None:
    """What does not see them may be NaN by a zero that meets one, and is as without them if not."""
    output = attended(40, 40, heads=1, key_heads=1)
    args = [*inputs([output]), output]
    random = np.random.default_rng(3)
    arrays = [random.normal(size=[int(x.value) for x in t.shape]).astype("float32") for t in args]
    kernel = build(args, threads=1)
    kernel(*arrays)
    plain = arrays[-1].copy()
    values = next(array for t, array in zip(args, arrays, strict=True) if t.name == "v")
    values[0, 0, 25] = np.inf
    kernel(*arrays)
    assert not np.isfinite(arrays[-1][0, 0, 25:]).any()
    before, after = plain[0, 0, :25], arrays[-1][0, 0, :25]
    assert (np.isnan(after) | (before == after)).all()
    assert np.isfinite(after[0]).all()


def test_windows_are_left_to_the_rules_of_padding() -> None:
    x = te.placeholder((40,), name="x")
    r = te.reduce_axis((0, 9), name="r")
    inside = lambda i: te.all(i >= 4, i < 44)  # noqa: E731
    P = te.compute((48,), lambda i: te.if_then_else(inside(i), x[i - 4], 0.0), name="P")
    C = te.compute((40,), lambda i: te.sum(P[i + r], axis=r), name="C")
    assert skipped(C) == 0
