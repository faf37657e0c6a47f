"""Expressions in which a rule of the space has no legal loops for some stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched import te

M, N = 18, 21


def matrix(m: int = M, n: int = N, name: str = "A") -> te.Tensor:
    return te.placeholder((m, n), name=name)


def product(a: te.Tensor, b: te.Tensor, name: str, transposed: bool = False) -> te.Tensor:
    """Multiply `a` by `b`, or by `b` transposed."""
    k = te.reduce_axis((0, a.shape[1]), name="k")
    right = (lambda j: b[j, k]) if transposed else (lambda j: b[k, j])
    shape = (a.shape[0], b.shape[0 if transposed else 1])
    return te.compute(shape, lambda i, j: te.sum(a[i, k] * right(j), axis=k), name=name)


def by_its_transpose() -> list[te.Tensor]:
    A = matrix()
    return [product(A, A, "C", transposed=True)]


def by_its_transpose_in_batches() -> list[te.Tensor]:
    A = te.placeholder((3, M, N), name="A")
    k = te.reduce_axis((0, N), name="k")
    value = lambda b, i, j: te.sum(A[b, i, k] * A[b, j, k], axis=k)  # noqa: E731
    return [te.compute((3, M, M), value, name="C")]


def fourth_power() -> list[te.Tensor]:
    A = matrix(M, M)
    B = product(A, A, "B")
    return [product(B, B, "C")]


def distances() -> list[te.Tensor]:
    A = matrix()
    k = te.reduce_axis((0, N), name="k")
    square = lambda x: x * x  # noqa: E731
    return [
        te.compute((M, M), lambda i, j: te.sum(square(A[i, k] - A[j, k]), axis=k), name="C"),
    ]


def padded(A: te.Tensor) -> te.Tensor:
    """Pad a matrix with two zeros on each side."""
    m, n = (int(extent.value) for extent in A.shape)

    def value(i: Any, j: Any) -> Any:
        inside = te.all(i >= 2, i < m + 2, j >= 2, j < n + 2)
        return te.if_then_else(inside, A[i - 2, j - 2], 0.0)

    return te.compute((m + 4, n + 4), value, name="P")


def sums_of_padded_rows() -> list[te.Tensor]:
    P = padded(matrix())
    k = te.reduce_axis((0, N + 4), name="k")
    return [te.compute((M + 4,), lambda i: te.sum(P[i, k], axis=k), name="R")]


def masked_by_place() -> list[te.Tensor]:
    A = matrix(M, M)
    least = te.min_value("float32")
    masked = te.compute((M, M), lambda i, j: te.if_then_else(j <= i, A[i, j], least), name="M")
    k = te.reduce_axis((0, M), name="k")
    top = te.compute((M,), lambda i: te.max(masked[i, k], axis=k), name="top")
    below = te.compute((M, M), lambda i, j: te.if_then_else(j <= i, masked[i, j] - top[i], 0.0))
    return [below]


def argmax_of_one_value() -> list[te.Tensor]:
    A = matrix()
    _, doubled = te.compute((M, N), lambda i, j: (A[i, j] + 1, A[i, j] * 2), name="B")
    k = te.reduce_axis((0, N), name="k")

    def larger(x: Any, y: Any) -> Any:
        left = te.any(x[1] > y[1], te.all(x[1].equal(y[1]), x[0] <= y[0]))
        return te.if_then_else(left, x[0], y[0]), te.if_then_else(left, x[1], y[1])

    identity = lambda place, value: (te.const(1 << 40, place), te.min_value(value))  # noqa: E731
    argmax = te.comm_reducer(larger, identity, name="argmax")
    return list(te.compute((M,), lambda i: argmax((k, doubled[i, k]), axis=k), name="R"))


def sums(A: te.Tensor) -> te.Tensor:
    k = te.reduce_axis((0, A.shape[1]), name="k")
    return te.compute((A.shape[0],), lambda i: te.sum(A[i, k], axis=k), name="total")


def two_that_share_a_sum() -> list[te.Tensor]:
    A = matrix()
    total = sums(A)
    one = te.compute(A.shape, lambda i, j: A[i, j] + total[i], name="one")
    two = te.compute(A.shape, lambda i, j: A[i, j] - total[i], name="two")
    return [one, two]


def one_that_reads_the_other() -> list[te.Tensor]:
    A = matrix()
    total = sums(A)
    return [total, te.compute(A.shape, lambda i, j: A[i, j] - total[i], name="one")]


def two_products_in_one() -> list[te.Tensor]:
    X, A, B = matrix(), matrix(N, 20, "A"), matrix(N, 20, "B")
    P, Q = product(X, A, "P"), product(X, B, "Q")
    gate = lambda i, j: te.maximum(P[i, j], 0.0) * Q[i, j]  # noqa: E731
    return [te.compute(P.shape, gate, name="G")]


def transposed_convolution() -> list[te.Tensor]:
    X, W = te.placeholder((3, 5, 5), name="X"), te.placeholder((3, 4, 3, 3), name="W")
    c, u, v = (
        te.reduce_axis((0, extent), name=name) for extent, name in ((3, "c"), (3, "u"), (3, "v"))
    )

    def value(o: Any, y: Any, x: Any) -> Any:
        top, left = y - u + 1, x - v + 1
        inside = te.all(top >= 0, top < 10, top % 2 < 1, left >= 0, left < 10, left % 2 < 1)
        tap = X[c, top // 2, left // 2] * W[c, o, u, v]
        return te.sum(te.if_then_else(inside, tap, 0.0), axis=[c, u, v])

    return [te.compute((4, 10, 10), value, name="T")]


def one_number_in_a_branch() -> list[te.Tensor]:
    A, s = matrix(), te.placeholder((), name="s")
    return [te.compute(A.shape, lambda i, j: te.if_then_else(A[i, j] > 0, s[()], A[i, j]))]


def one_sum_in_a_branch() -> list[te.Tensor]:
    A = matrix()
    k, r = te.reduce_axis((0, M), name="k"), te.reduce_axis((0, N), name="r")
    S = te.compute((), lambda: te.sum(A[k, r], axis=[k, r]), name="S")
    return [te.compute(A.shape, lambda i, j: te.if_then_else(A[i, j] > 0, S[()], A[i, j]))]


ODD_ONES: tuple[Callable[[], list[te.Tensor]], ...] = (
    by_its_transpose,
    by_its_transpose_in_batches,
    fourth_power,
    distances,
    sums_of_padded_rows,
    masked_by_place,
    argmax_of_one_value,
    two_that_share_a_sum,
    one_that_reads_the_other,
    two_products_in_one,
    transposed_convolution,
    one_number_in_a_branch,
    one_sum_in_a_branch,
)
