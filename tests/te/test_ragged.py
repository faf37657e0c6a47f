"""Reduce axes whose range depends on axes and on data: their values, schedules and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ArgumentError, ExpressionError
from autosched.ir.expr import Expr
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate

N = 7
RNG = np.random.default_rng(5)
MATRIX = RNG.integers(-3, 4, (N, N)).astype("float32")
LENGTHS = np.array([0, 7, 3, 2, 1, 5, 7], "int32")
STARTS = np.array([0, 3, 3, 10, 12, 19, 20, 20], "int32")
VALUES = np.arange(20, dtype="float32")

A = te.placeholder((N, N), name="A")
lengths = te.placeholder((N,), "int32", name="lengths")
starts = te.placeholder((N + 1,), "int32", name="starts")
V = te.placeholder((20,), name="V")
GIVEN = {A: MATRIX, lengths: LENGTHS, starts: STARTS, V: VALUES}


def axis(start: Any, stop: Any, name: str = "k") -> te.Axis:
    return te.reduce_axis((start, stop), name=name)


def lower_triangle(i: Expr) -> Any:
    k = axis(0, i + 1)
    return te.sum(A[i, k], axis=k)


def upper_triangle(i: Expr) -> Any:
    k = axis(i, N)
    return te.max(A[i, k], axis=k)


def below_the_diagonal(i: Expr) -> Any:
    k = axis(0, i)
    return te.sum(A[i, k], axis=k, where=k % 2 < 1, init=te.const(0.5))


def pairs(i: Expr) -> Any:
    k = axis(0, i + 1)
    r = axis(k, i + 2, "r")
    return te.sum(A[i, k] * (r + 1).astype("float32"), axis=[r, k])


def ragged(i: Expr) -> Any:
    k = axis(0, lengths[i])
    return te.sum(A[i, k], axis=k)


def segments(i: Expr) -> Any:
    k = axis(starts[i], starts[i + 1])
    return te.sum(V[k], axis=k)


WANTED: dict[Callable[[Expr], Any], list[float]] = {
    lower_triangle: [MATRIX[i, : i + 1].sum() for i in range(N)],
    upper_triangle: [MATRIX[i, i:].max() for i in range(N)],
    below_the_diagonal: [0.5 + MATRIX[i, :i:2].sum() for i in range(N)],
    pairs: [
        sum(MATRIX[i, k] * (r + 1) for k in range(i + 1) for r in range(k, i + 2)) for i in range(N)
    ],
    ragged: [MATRIX[i, : LENGTHS[i]].sum() for i in range(N)],
    segments: [VALUES[STARTS[i] : STARTS[i + 1]].sum() for i in range(N)],
}


@pytest.mark.parametrize("formula", WANTED)
def test_the_values(formula: Callable[[Expr], Any]) -> None:
    C = te.compute((N,), formula, name="C")
    arrays = [GIVEN[tensor] for tensor in inputs([C])]
    np.testing.assert_array_equal(evaluate([C], GIVEN)[0], WANTED[formula])
    np.testing.assert_array_equal(autosched.build([*inputs([C]), C])(*arrays), WANTED[formula])


def in_lanes(s: Any, C: te.Tensor) -> None:
    s[C].vectorize(s[C].op.reduce_axis[0])


def in_tiles(s: Any, C: te.Tensor) -> None:
    _, inner = s[C].split(C.op.axis[0], 4, tail="partition")
    s[C].vectorize(inner)
    s[C].split(s[C].op.reduce_axis[0], 4, tail="guard")


def factored(s: Any, C: te.Tensor) -> None:
    _, inner = s[C].split(s[C].op.reduce_axis[0], 3)
    s.rfactor(C, inner)


@pytest.mark.parametrize("formula", [lower_triangle, ragged, segments])
@pytest.mark.parametrize("schedule", [in_lanes, in_tiles, factored])
def test_schedules_keep_them(
    formula: Callable[[Expr], Any], schedule: Callable[[Any, te.Tensor], None]
) -> None:
    C = te.compute((N,), formula, name="C")
    s = te.create_schedule(C)
    schedule(s, C)
    kernel = autosched.build(s, [*inputs([C]), C])
    arrays = [GIVEN[tensor] for tensor in inputs([C])]
    np.testing.assert_array_equal(kernel(*arrays), WANTED[formula])


def test_the_extent_may_be_a_size() -> None:
    n = te.var("n")
    X = te.placeholder((n, n), name="X")

    def triangle(i: Expr) -> Any:
        k = axis(i, n)
        return te.sum(X[i, k], axis=k)

    C = te.compute((n,), triangle, name="C")
    assert str(C.op.reduce_axis[0].extent) == "n"
    np.testing.assert_array_equal(autosched.build([X, C])(MATRIX), np.triu(MATRIX).sum(axis=1))


def test_a_range_beyond_the_dimension_is_an_index_out_of_bounds() -> None:
    C = te.compute((N,), ragged, name="C")
    wrong = LENGTHS.copy()
    wrong[2] = N + 1
    with pytest.raises(ExpressionError, match="index 8 in dimension 0 of k_extent"):
        evaluate([C], {**GIVEN, lengths: wrong})
    kernel = autosched.build([A, lengths, C])
    with pytest.raises(ArgumentError, match="below 8 in dimension 0 of k_extent in main, got 8"):
        kernel(MATRIX, wrong)
    wrong[2] = -5
    assert kernel(MATRIX, wrong)[2] == 0


def test_a_compute_in_the_formula_of_another() -> None:
    def formula(i: Expr) -> Any:
        inner = te.compute((N,), lower_triangle, name="inner")
        return inner[i] * 2.0

    C = te.compute((N,), formula, name="C")
    np.testing.assert_array_equal(
        evaluate([C], GIVEN)[0], 2 * np.array(WANTED[lower_triangle], "float32")
    )


def endless(i: Expr) -> Any:
    k = axis(0, lengths[i])
    return te.sum(A[i, 0] * k.astype("float32"), axis=k)


def foreign(i: Expr) -> Any:
    k = axis(0, te.compute((3,), lambda other: A[other, 0]).op.axis[0])
    return te.sum(A[i, k], axis=k)


def never(i: Expr) -> Any:
    k = axis(i + N, N)
    return te.sum(A[i, k], axis=k)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (endless, "expected a largest extent of the reduce axes of C, got none for k"),
        (foreign, "expected the range of the reduce axis k to depend on axes of C, got 0 to other"),
        (never, "expected an extent of at least 1 in the reduce axis k of C, got at most 0"),
    ],
)
def test_ranges_that_are_refused(formula: Callable[[Expr], Any], said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        te.compute((N,), formula, name="C")
    assert caught.value.message.startswith(said)


def test_a_range_below_zero_is_an_index_out_of_bounds() -> None:
    X, first, last = (
        te.placeholder((N,)),
        te.placeholder((2,), "int32"),
        te.placeholder((2,), "int32"),
    )

    def greatest(i: Expr) -> Any:
        k = te.reduce_axis((first[i], last[i]), name="k")
        return te.max(te.if_then_else(k >= 0, X[k], 5.0), axis=k)

    C = te.compute((2,), greatest, name="C")
    kernel = autosched.build([X, first, last, C])
    x, begin, end = -np.ones(N, np.float32), np.array([-2, 1], np.int32), np.array([3, 2], np.int32)
    with pytest.raises(ArgumentError, match="below 8 in dimension 0 of k_extent in main, got -2"):
        kernel(x, begin, end)
    with pytest.raises(ExpressionError, match="index -2 in dimension 0 of k_extent"):
        evaluate([C], {X: x, first: begin, last: end})
    end[0] = -2  # empty, wherever it begins
    np.testing.assert_array_equal(kernel(x, begin, end), [-np.inf, -1])
