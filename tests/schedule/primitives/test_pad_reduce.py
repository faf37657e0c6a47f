"""pad_reduce: sums of products over more points, at which the factors are zero."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autosched import te
from autosched.ir.expr import Expr, Var
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, means_the_same, refuses


def product(dtype: str) -> te.Tensor:
    A, B = te.placeholder((4, 7), dtype, name="A"), te.placeholder((7, 6), dtype, name="B")
    k = te.reduce_axis((0, 7), name="k")
    return te.compute((4, 6), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")


def test_of_a_product_of_matrices() -> None:
    s = create_schedule(C := product("float32"))
    names = [tensor.name for tensor in s[C].pad_reduce(C.op.reduce_axis[0], 4)]
    assert names == ["C.padded", "C.padded.1"]
    golden(
        s,
        """
        for i in 0..4:
            for k in 0..8:
                C.padded[i, k] = select(k < 7, A[i, k], 0.0)
        for k in 0..8:
            for j in 0..6:
                C.padded.1[k, j] = select(k < 7, B[k, j], 0.0)
        for i in 0..4:
            for j in 0..6:
                for k in 0..8:
                    C[i, j] += C.padded[i, k] * C.padded.1[k, j]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("dtype", ["int32", "float64"])
@pytest.mark.parametrize("multiple", [1, 2, 7, 16])
def test_of_any_multiple(dtype: str, multiple: int) -> None:
    s = create_schedule(C := product(dtype))
    made = s[C].pad_reduce(C.op.reduce_axis[0], multiple)
    assert int(made[0].shape[1].value) == -(-7 // multiple) * multiple
    means_the_same(s)


def test_windows_are_copied_once() -> None:
    A, W = te.placeholder((3, 10), name="A"), te.placeholder((2, 3, 5), name="W")
    c, k = te.reduce_axis((0, 3), name="c"), te.reduce_axis((0, 5), name="k")
    taps = lambda f, i: te.sum(A[c, i + k] * W[f, c, k], axis=[c, k])  # noqa: E731
    s = create_schedule(C := te.compute((2, 6), taps, name="C"))
    image, _ = s[C].pad_reduce(c, 4)
    assert [int(extent.value) for extent in image.shape] == [4, 10]
    means_the_same(s)
    refuses(s, lambda: s[C].pad_reduce(k, 4), "an index of each factor by itself", "k")


@pytest.mark.parametrize("start", [0, 2])
def test_of_slices_what_is_read_is_copied(start: int) -> None:
    A, B = te.placeholder((20, 5, 9), name="A"), te.placeholder((4, 9), name="B")
    k = te.reduce_axis((0, 7), name="k")
    s = create_schedule(
        C := te.compute(
            (3, 4), lambda i, j: te.sum(A[i * 2 + 1, 4, k + start] * B[j, k], axis=k), name="C"
        )
    )
    copies = s[C].pad_reduce(k, 4)
    assert [[int(n.value) for n in copy.shape] for copy in copies] == [[3, 8], [4, 8]]
    means_the_same(s)


def test_what_a_condition_guards_is_copied_whole_but_for_constants() -> None:
    A, B = te.placeholder((5, 3, 9), name="A"), te.placeholder((4, 7), name="B")
    k = te.reduce_axis((0, 7), name="k")

    def formula(i: Var, j: Var) -> Expr:
        return te.sum(A[i * 2, 1, k] * B[j, k], axis=k, where=i < 3)

    s = create_schedule(C := te.compute((4, 4), formula, name="C"))
    copies = s[C].pad_reduce(k, 4)
    assert [[int(n.value) for n in copy.shape] for copy in copies] == [[5, 8], [4, 8]]
    means_the_same(s)


def test_a_square_has_one_factor() -> None:
    A, k = te.placeholder((4, 7), name="A"), te.reduce_axis((0, 7), name="k")

    def square(i: Var) -> Expr:
        return te.sum((x := A[i, k]) * x, axis=k)

    s = create_schedule(C := te.compute((4,), square, name="C"))
    assert len(s[C].pad_reduce(k, 4)) == 1
    means_the_same(s)


def test_a_start_stays_the_start() -> None:
    A, B = te.placeholder((4, 7), name="A"), te.placeholder((7,), name="B")
    bias, k = te.placeholder((4,), name="bias"), te.reduce_axis((0, 7), name="k")
    s = create_schedule(
        C := te.compute((4,), lambda i: te.sum(A[i, k] * B[k], axis=k, init=bias[i]), name="C")
    )
    s[C].pad_reduce(k, 4)
    means_the_same(s)


def test_a_condition_on_other_axes_stays() -> None:
    A, W = te.placeholder((3, 4), name="A"), te.placeholder((2, 3, 5), name="W")
    c, k = te.reduce_axis((0, 3), name="c"), te.reduce_axis((0, 5), name="k")

    def taps(f: Var, i: Var) -> Expr:
        return te.sum(A[c, i + k - 2] * W[f, c, k], axis=[c, k], where=(i + k >= 2) & (i + k < 6))

    s = create_schedule(C := te.compute((2, 4), taps, name="C"))
    s[C].pad_reduce(c, 4)
    means_the_same(s)


Formula = Callable[..., Expr]

OTHERS: list[Formula] = [
    lambda A, i, k: te.sum(A[i, k] * A[0, k], axis=k, where=k > i),
    lambda A, i, k: te.sum(A[i, k] * A[i, 0], axis=k),
    lambda A, i, k: te.sum(A[i, k] * A[i, 6 - k], axis=k),
    lambda A, i, k: te.max(A[i, k] * A[0, k], axis=k),
]


@pytest.mark.parametrize("formula", OTHERS)
def test_other_reductions(formula: Formula) -> None:
    A, k = te.placeholder((4, 7), name="A"), te.reduce_axis((0, 7), name="k")
    s = create_schedule(C := te.compute((4,), lambda i: formula(A, i, k), name="C"))
    refuses(s, lambda: s[C].pad_reduce(k, 4), "of a sum of products", "k")


def test_other_axes_and_loops_that_it_does_not_take() -> None:
    s = create_schedule(C := product("float32"))
    refuses(s, lambda: s[C].pad_reduce(C.op.axis[0], 4), "expected a reduce axis", "i")
    refuses(s, lambda: s[C].pad_reduce(C.op.reduce_axis[0], 0), "a positive integer")
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].pad_reduce(C.op.reduce_axis[0], 4), "call pad_reduce before split")


def test_an_axis_of_an_open_extent() -> None:
    n = te.var("n")
    A, k = te.placeholder((4, n), name="A"), te.reduce_axis((0, n), name="k")
    s = create_schedule(C := te.compute((4,), lambda i: te.sum(A[i, k] * A[0, k], axis=k)))
    refuses(s, lambda: s[C].pad_reduce(k, 4), "a known extent")


def test_a_factor_that_is_computed() -> None:
    A, B = te.placeholder((4, 7), name="A"), te.placeholder((7, 6), name="B")
    k = te.reduce_axis((0, 7), name="k")
    s = create_schedule(
        C := te.compute((4, 6), lambda i, j: te.sum((A[i, k] + 1.0) * B[k, j], axis=k), name="C")
    )
    s[C].pad_reduce(k, 4)
    means_the_same(s)
