"""Ranges of integers that hold though arithmetic wraps and memory may hold anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.ir.expr import Expr
from autosched.lowering.exact import Exact, value_spans
from autosched.te.dag import topological_order

i = te.reduce_axis((0, 8), name="i")
NARROW = te.placeholder((8,), "int8", name="narrow")
WIDE = te.placeholder((8,), "int64", name="wide")


def span(expr: Expr) -> tuple[float, float]:
    return Exact((i,), {}).span(expr)


INT8, INT64 = (-128, 127), (-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (i * 2 + 1, (1, 15)),
        (NARROW[i], INT8),
        (NARROW[i] + 1, INT8),
        (NARROW[i].astype("int64") + 1, (-127, 128)),
        (NARROW[i] % 10, (0, 9)),
        ((NARROW[i] & 15).astype("int64") * 2, (0, 30)),
        (WIDE[i] + 1, INT64),
        (te.max(te.min(WIDE[i] + 1, 5), 2), (2, 5)),
        (WIDE[i].astype("int8"), INT8),
        ((i + 100).astype("int8"), (100, 107)),
        ((i + 126).astype("int8"), INT8),
        ((WIDE[i] > 3).astype("int32"), (0, 1)),
        (te.if_then_else(WIDE[i] > 3, i, i + 3), (0, 10)),
        (WIDE[i] - WIDE[i], (0, 0)),
    ],
    ids=str,
)
def test_spans(expr: Expr, expected: tuple[int, int]) -> None:
    assert span(expr) == expected


def test_equal_reads_are_one_unknown() -> None:
    exact = Exact((i,), {})
    assert exact.translated(NARROW[i]) is exact.translated(NARROW[i].astype("int64"))
    assert exact.translated(NARROW[i]) is not exact.translated(NARROW[i + 1])


def test_what_a_tensor_holds_may_be_known() -> None:
    assert Exact((i,), {NARROW: (3, 4)}).span(NARROW[i] * 2) == (6, 8)


A = te.placeholder((4, 9), "int32", name="A")
X = te.placeholder((4, 9), name="X")
ANY = (-(2**31), 2**31 - 1)


def held_span(tensor: te.Tensor) -> tuple[float, float]:
    return value_spans(topological_order([tensor]))[tensor]


def reduced(reduction: Callable[..., Any], value: Callable[..., Any]) -> te.Tensor:
    k = te.reduce_axis((0, 9), name="k")
    return te.compute((4,), lambda i: reduction(value(i, k), axis=k))


def test_stages_follow_from_those_they_read() -> None:
    B = te.compute((4, 9), lambda i, j: A[i, j] % 5)
    C = te.compute((4, 9), lambda i, j: B[i, j] * 2 + 1)
    assert held_span(B) == (0, 4)
    assert held_span(C) == (1, 9)


def test_extrema_stay_among_what_they_choose_from() -> None:
    assert held_span(reduced(te.min, lambda i, k: A[i, k] % 5)) == (0, ANY[1])
    assert held_span(reduced(te.max, lambda i, k: A[i, k] % 5)) == (ANY[0], 4)


def test_a_sum_may_be_anything() -> None:
    assert held_span(reduced(te.sum, lambda i, k: A[i, k] % 5)) == ANY


def test_the_place_of_the_greatest_is_one_of_the_places() -> None:
    argmax = te.comm_reducer(
        lambda x, y: (te.if_then_else(x[1] >= y[1], x[0], y[0]), te.maximum(x[1], y[1])),
        lambda index, value: (te.const(-1, index), te.min_value(value)),
    )
    k = te.reduce_axis((2, 9), name="k")
    where, _ = te.compute((4,), lambda i: argmax((k, X[i, k]), axis=k))
    assert held_span(where) == (-1, 8)
    assert set(value_spans(topological_order([where]))) == {where}
