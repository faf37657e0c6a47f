"""sum_first: factors are summed over a reduce axis before the others are multiplied."""

from __future__ import annotations

from typing import Any

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def three(dtype: str = "float32", start: int = 0, **options: Any) -> te.Tensor:
    """The product of three matrices."""
    shapes = ((4, 5), (5, 6), (6, 3))
    A, B, D = (te.placeholder(s, dtype, name=n) for s, n in zip(shapes, "ABD", strict=True))
    x, y = (
        te.reduce_axis((start, 5 - start), name="x"),
        te.reduce_axis((start, 6 - start), name="y"),
    )
    value = lambda i, j: A[i, x] * B[x, y] * D[y, j]  # noqa: E731
    return te.compute((4, 3), lambda i, j: te.sum(value(i, j), axis=[x, y], **options), name="C")


def test_three_matrices() -> None:
    s = create_schedule(C := three())
    s[C].sum_first(0)
    golden(
        s,
        """
        for i in 0..4:
            for y in 0..6:
                for x in 0..5:
                    C.first[i, y] += A[i, x] * B[x, y]
        for i in 0..4:
            for j in 0..3:
                for y in 0..6:
                    C[i, j] += C.first[i, y] * D[y, j]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_each_axis(number: int, dtype: str) -> None:
    s = create_schedule(C := three(dtype))
    s[C].sum_first(number)
    means_the_same(s)


def test_axes_that_do_not_start_at_0_and_first_values() -> None:
    s = create_schedule(C := three(start=1, init=2.0))
    s[C].sum_first(1)
    means_the_same(s)


def test_a_form_of_two_vectors() -> None:
    X, A = te.placeholder((3, 5), name="X"), te.placeholder((5, 5), name="A")
    x, y = te.reduce_axis((0, 5), name="x"), te.reduce_axis((0, 5), name="y")
    value = lambda z: X[z, x] * A[x, y] * X[z, y]  # noqa: E731
    C = te.compute((3,), lambda z: te.sum(value(z), axis=[x, y]), name="C")
    s = create_schedule(C)
    s[C].sum_first(0)
    assert "C[z] += C.first[z, y] * X[z, y]" in str(s)
    means_the_same(s)


def test_sums_that_have_no_order() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].sum_first(0), "a sum of products over several reduce axes")
    s = create_schedule(C := three(where=te.const(0) < 1))
    s[C].sum_first(0)  # a condition that holds is none
    A, k = te.placeholder((4, 5), name="A"), te.reduce_axis((0, 5), name="k")
    x = te.reduce_axis((0, 4), name="x")
    squares = lambda i: A[x, k] * A[x, k]  # noqa: E731
    C = te.compute((2,), lambda i: te.sum(squares(i), axis=[x, k], where=x >= i), name="C")
    for output, number in ((C, 0), (three(), 2)):
        s = create_schedule(output)
        refuses(s, lambda s=s, o=output, n=number: s[o].sum_first(n), f"number {number}")


def test_loops_that_it_does_not_take() -> None:
    s = create_schedule(C := three())
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].sum_first(0), "call sum_first before split")
