"""Inputs that are used as indices, and their limits."""

from __future__ import annotations

from typing import Any

import pytest

from autosched import te
from autosched.te.index_inputs import index_limits

A = te.placeholder((50, 8), name="A")
B = te.placeholder((20,), name="B")
I = te.placeholder((5,), "int32", name="I")  # noqa: E741  as in books
J = te.placeholder((5, 3), "int64", name="J")
X = te.placeholder((5,), name="X")
k = te.reduce_axis((0, 3), name="k")


@pytest.mark.parametrize(
    ("formula", "limits"),
    [
        (lambda i: A[I[i], 0], {"I": 50}),
        (lambda i: A[I[i], 0] + B[I[i]], {"I": 20}),
        (lambda i: A[I[i].astype("int8"), 0], {"I": 50}),
        (lambda i: te.sum(A[J[i, k], I[i]], axis=k), {"J": 50, "I": 8}),
        (lambda i: B[J[I[i], 2]], {"J": 20, "I": 5}),
        (lambda i: te.if_then_else(I[i] > 0, B[I[i]], 0.0), {"I": 20}),
        (lambda i: B[I[i] + 1], {}),
        (lambda i: B[X[i].astype("int32")], {}),
        (lambda i: B[i] + X[i] + I[i].astype("float32"), {}),
    ],
)
def test_the_limit_is_the_least_extent(formula: Any, limits: dict[str, int]) -> None:
    found = index_limits([te.compute((5,), formula)], {})
    assert {tensor.name: limit for tensor, limit in found.items()} == limits


def test_reads_of_inner_stages_count_and_computed_indices_do_not() -> None:
    places = te.compute((5,), lambda i: I[i] + 1, name="places")
    rows = te.compute((5,), lambda i: B[I[i]], name="rows")
    total = te.compute((5,), lambda i: rows[i] + B[places[i]])
    assert index_limits([total], {}) == {I: 20}


def test_the_limit_fits_the_dtype() -> None:
    small = te.placeholder((5,), "int8", name="small")
    table = te.placeholder((1000,), name="table")
    assert index_limits([te.compute((5,), lambda i: table[small[i]])], {}) == {small: 127}


def test_an_extent_may_be_symbolic() -> None:
    n = te.var("n")
    table = te.placeholder((n,), name="table")
    assert index_limits([te.compute((5,), lambda i: table[I[i]])], {n: 7}) == {I: 7}
