"""What integer stages hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched import te
from autosched.lowering.value_spans import value_spans
from autosched.te.dag import topological_order

A = te.placeholder((4, 9), "int32", name="A")
X = te.placeholder((4, 9), name="X")
ANY = (-(2**31), 2**31 - 1)


def span(tensor: te.Tensor) -> tuple[float, float]:
    return value_spans(topological_order([tensor]))[tensor]


def reduced(reduction: Callable[..., Any], value: Callable[..., Any]) -> te.Tensor:
    k = te.reduce_axis((0, 9), name="k")
    return te.compute((4,), lambda i: reduction(value(i, k), axis=k))


def test_stages_follow_from_those_they_read() -> None:
    B = te.compute((4, 9), lambda i, j: A[i, j] % 5)
    C = te.compute((4, 9), lambda i, j: B[i, j] * 2 + 1)
    assert span(B) == (0, 4)
    assert span(C) == (1, 9)


def test_extrema_stay_among_what_they_choose_from() -> None:
    assert span(reduced(te.min, lambda i, k: A[i, k] % 5)) == (0, ANY[1])
    assert span(reduced(te.max, lambda i, k: A[i, k] % 5)) == (ANY[0], 4)


def test_a_sum_may_be_anything() -> None:
    assert span(reduced(te.sum, lambda i, k: A[i, k] % 5)) == ANY


def test_the_place_of_the_greatest_is_one_of_the_places() -> None:
    argmax = te.comm_reducer(
        lambda x, y: (te.if_then_else(x[1] >= y[1], x[0], y[0]), te.maximum(x[1], y[1])),
        lambda index, value: (te.const(-1, index), te.min_value(value)),
    )
    k = te.reduce_axis((2, 9), name="k")
    where, _ = te.compute((4,), lambda i: argmax((k, X[i, k]), axis=k))
    assert span(where) == (-1, 8)
    assert set(value_spans(topological_order([where]))) == {where}
