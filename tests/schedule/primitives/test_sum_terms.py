"""sum_terms: the terms of a sum of sums of products, summed one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def operands(dtype: str = "float32") -> list[te.Tensor]:
    shapes = ((4, 6), (6, 5), (4, 6), (6, 5))
    return [
        te.placeholder(shape, dtype, name=name) for shape, name in zip(shapes, "ABDE", strict=True)
    ]


def product(
    formula: Callable[..., Any], start: int = 0, dtype: str = "float32", **options: Any
) -> te.Tensor:
    """Sum `formula(A[i, k], B[k, j], D[i, k], E[k, j], i, j, k)` over k."""
    A, B, D, E = operands(dtype)
    k = te.reduce_axis((start, 6 - start), name="k")

    def value(i: Any, j: Any) -> Any:
        return te.sum(formula(A[i, k], B[k, j], D[i, k], E[k, j], i, j, k), axis=k, **options)

    return te.compute((4, 5), value, name="C")


def pairs(m: int = 3, k: int = 4, n: int = 5, dtype: str = "float32") -> te.Tensor:
    """Multiply matrices of complex numbers, the parts of which are neighbours."""
    A, B = te.placeholder((m, k, 2), dtype, name="A"), te.placeholder((k, n, 2), dtype, name="B")
    r = te.reduce_axis((0, k), name="r")

    def part(i: Any, j: Any, c: Any) -> Any:
        real = A[i, r, 0] * B[r, j, 0] - A[i, r, 1] * B[r, j, 1]
        imaginary = A[i, r, 0] * B[r, j, 1] + A[i, r, 1] * B[r, j, 0]
        return te.sum(te.if_then_else(c.equal(0), real, imaginary), axis=r)

    return te.compute((m, n, 2), part, name="C")


def test_two_products() -> None:
    s = create_schedule(C := product(lambda a, b, d, e, *_: a * b - e * d))
    s[C].sum_terms()
    golden(
        s,
        """
        for i in 0..4:
            for term in 0..2:
                for k in 0..6:
                    C.left[i, term, k] = select(term == 0, A[i, k], D[i, k] * -1.0)
        for term in 0..2:
            for k in 0..6:
                for j in 0..5:
                    C.right[term, k, j] = select(term == 0, B[k, j], E[k, j])
        for i in 0..4:
            for j in 0..5:
                for term in 0..2:
                    for k in 0..6:
                        C[i, j] += C.left[i, term, k] * C.right[term, k, j]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_complex_numbers_in_pairs(dtype: str) -> None:
    s = create_schedule(C := pairs(dtype=dtype))
    s[C].sum_terms()
    assert "C[i, j, c] += C.left[i, c, term, r] * C.right[term, r, j]" in str(s)
    means_the_same(s)


def test_cases_that_have_no_side_in_common() -> None:
    first = lambda a, b, d, e: a * b + d * e  # noqa: E731
    second = lambda a, b, d, e: a * e + a * (b + 1.0)  # noqa: E731
    cases = lambda *x: te.if_then_else(x[4] < 2, first(*x[:4]), second(*x[:4]))  # noqa: E731
    C = te.compute((4, 5, 2), _by_last(cases), name="C")
    s = create_schedule(C)
    s[C].sum_terms()
    means_the_same(s)


def _by_last(formula: Callable[..., Any]) -> Callable[..., Any]:
    """A sum whose case is decided by an axis that indexes no operand."""
    A, B, D, E = operands()
    k = te.reduce_axis((0, 6), name="k")
    return lambda i, j, c: te.sum(formula(A[i, k], B[k, j], D[i, k], E[k, j], c + 1), axis=k)


def test_three_terms_and_a_factor_in_common() -> None:
    s = create_schedule(C := product(lambda a, b, d, e, *_: a * b + (e * a - d * b)))
    s[C].sum_terms()
    means_the_same(s)


def test_an_axis_that_does_not_start_at_0() -> None:
    s = create_schedule(C := product(lambda a, b, d, e, *_: a * b + d * e, start=1))
    s[C].sum_terms()
    means_the_same(s)


REFUSED: dict[str, te.Tensor] = {
    "one product": matmul(),
    "a term that is no product": product(lambda a, b, d, *_: a * b + d),
    "factors with the same axes": product(lambda a, b, d, e, *_: a * d + b * e),
    "a condition on the reduce axis": product(
        lambda a, b, d, e, i, j, k: te.if_then_else(k < 3, a * b + d * e, a * e + d * b)
    ),
    "terms left out": product(
        lambda a, b, d, e, i, j, k: a * b + d * e, where=te.const(1, "int32") < 0
    ),
    "small floats": product(lambda a, b, d, e, *_: a * b + d * e, dtype="float16"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_sums_that_are_no_terms(name: str) -> None:
    C = REFUSED[name]
    s = create_schedule(C)
    refuses(s, lambda: s[C].sum_terms(), "a sum of several products")


def test_factors_that_a_condition_guards() -> None:
    A, B = te.placeholder((6,), name="A"), te.placeholder((6, 5), name="B")
    k = te.reduce_axis((0, 3), name="k")

    def value(i: Any, j: Any) -> Any:
        two = A[i + k] * B[k, j] + A[i + k - 1] * B[k + 1, j]
        other = A[i + k] * B[k, j] + A[i + k] * B[k + 1, j]
        return te.if_then_else(i >= 1, two, other)

    C = te.compute((3, 5), lambda i, j: te.sum(value(i, j), axis=k), name="C")
    s = create_schedule(C)
    refuses(s, lambda: s[C].sum_terms(), "factors that can be read everywhere")


def test_loops_that_it_does_not_take() -> None:
    s = create_schedule(C := pairs())
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].sum_terms(), "call sum_terms before split")
