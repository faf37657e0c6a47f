"""choose_product: products under the conditions of factors that are 0 where these fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.schedule import Schedule, create_schedule
from tests.schedule.nests import copy, golden, matmul, means_the_same, refuses

A, B = te.placeholder((4, 7), name="A"), te.placeholder((7, 5), name="B")
INDEX = te.placeholder((7,), "int32", name="I")
Value = Callable[[Any, Any, Any], Any]


def summed(value: Value, where: Any = True) -> te.Tensor:
    k = te.reduce_axis((0, 7), name="k")
    body = lambda i, j: te.sum(value(i, k, j), axis=k, where=where)  # noqa: E731
    return te.compute((4, 5), body, name="C")


def chosen(C: te.Tensor) -> Schedule:
    s = create_schedule(C)
    s[C].choose_product()
    return s


def test_rows_of_a_point() -> None:
    s = chosen(summed(lambda i, k, j: te.if_then_else(INDEX[k].equal(i), 1.0, 0.0) * B[k, j]))
    golden(
        s,
        """
        for i in 0..4:
            for j in 0..5:
                for k in 0..7:
                    C[i, j] += select(I[k] == int32(i), B[k, j], 0.0)
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda i, k, j: A[i, k] * te.if_then_else(k <= i, 0.0, B[k, j]),
         "select(i < k, A[i, k] * B[k, j], 0.0)"),
        (lambda i, k, j: (k <= i).astype("float32") * A[i, k],
         "select(k <= i, A[i, k], 0.0)"),
        (lambda i, k, j: te.if_then_else(k <= i, 1, 0).astype("float32") * B[k, j],
         "select(k <= i, B[k, j], 0.0)"),
        (lambda i, k, j: te.if_then_else(k > 1, A[i, k], 0.0) * te.if_then_else(j > k, 2.0, 0.0),
         "select(1 < k and k < j, A[i, k] * 2.0, 0.0)"),
        (lambda i, k, j: te.if_then_else(k >= 2, A[i, k - 2], 0.0) * B[k, j],
         "select(2 <= k, A[i, k - 2] * B[k, j], 0.0)"),
        (lambda i, k, j: (k <= i).astype("int32") * (j <= i).astype("int32"),
         "select(k <= i and j <= i, int32(1), int32(0))"),
    ],
)  # fmt: skip
def test_factors_that_are_0(value: Value, text: str) -> None:
    s = chosen(summed(value))
    assert f"C[i, j] += {text}" in str(s)
    means_the_same(s)


def test_the_condition_of_the_sum_stays() -> None:
    k = te.reduce_axis((0, 7), name="k")
    one = lambda i: te.if_then_else(k <= i, 1.0, 0.0)  # noqa: E731
    body = lambda i, j: te.sum(one(i) * B[k, j], axis=k, where=j <= k)  # noqa: E731
    s = chosen(te.compute((4, 5), body, name="C"))
    assert "C[i, j] += select(k <= i, B[k, j], 0.0) if j <= k" in str(s)
    means_the_same(s)


def test_other_values() -> None:
    for value in (
        lambda i, k, j: te.if_then_else(k <= i, A[i, k], 1.0) * B[k, j],
        lambda i, k, j: te.if_then_else(k <= i, A[i, k], 0.0) + B[k, j],
        lambda i, k, j: te.if_then_else(k <= i, A[i, k], 0.0),
    ):
        s = create_schedule(C := summed(value))
        refuses(s, lambda s=s, C=C: s[C].choose_product(), "expected a sum of products", "stage C")


def test_other_stages_and_loops_that_it_does_not_take() -> None:
    s = create_schedule(B := copy())
    refuses(s, lambda: s[B].choose_product(), "expected a sum of products")
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].choose_product(), "expected a sum of products")
    s = create_schedule(C := summed(lambda i, k, j: (k <= i).astype("float32") * A[i, k]))
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].choose_product(), "call choose_product before split")
