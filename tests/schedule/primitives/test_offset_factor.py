"""offset_factor: sums of products of int8 from a factor of uint8."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ArgumentError
from autosched.ir.expr import Expr, Var
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def product(
    kinds: tuple[str, str] = ("int8", "int8"), wide: str = "int32", start: int = 0
) -> te.Tensor:
    A, B = te.placeholder((4, 8), kinds[0], name="A"), te.placeholder((8, 6), kinds[1], name="B")
    k = te.reduce_axis((start, 8), name="k")
    return te.compute(
        (4, 6), lambda i, j: te.sum(A[i, k].astype(wide) * B[k, j].astype(wide), axis=k), name="C"
    )


Row = Callable[[Var], tuple[Expr | int, ...]]


def of_rows(A: te.Tensor, B: te.Tensor, row: Row, start: int = 0) -> te.Tensor:
    """Products of three rows of a tensor and a matrix."""
    k = te.reduce_axis((start, 8), name="k")

    def formula(i: Var, j: Var) -> Expr:
        return te.sum(A[(*row(i), k)].astype("int32") * B[k, j].astype("int32"), axis=k)

    return te.compute((3, 6), formula, name="C")


def test_of_a_product_of_matrices() -> None:
    s = create_schedule(C := product())
    names = [tensor.name for tensor in s[C].offset_factor(0)]
    assert names == ["C.offset", "C.product", "C.excess"]
    golden(
        s,
        """
        for i in 0..4:
            for k in 0..8:
                C.offset[i, k] = uint8(int32(A[i, k]) + 128)
        for i in 0..4:
            for j in 0..6:
                for k in 0..8:
                    C.product[i, j] += int32(C.offset[i, k]) * int32(B[k, j])
        for j in 0..6:
            for k in 0..8:
                C.excess[j] += int32(B[k, j]) * 128
        for i in 0..4:
            for j in 0..6:
                C[i, j] = C.product[i, j] - C.excess[j]
        """,
    )
    means_the_same(s)


@pytest.mark.parametrize("number", [0, 1])
def test_of_two_unsigned_factors(number: int) -> None:
    s = create_schedule(C := product(("uint8", "uint8")))
    shifted, made, _ = s[C].offset_factor(number)
    assert shifted.dtype == "int8"
    assert {read.tensor.dtype.name for read in made.op.reads} == {"int8", "uint8"}
    means_the_same(s)


def test_windows_share_what_is_offset() -> None:
    A, W = te.placeholder((10,), "int8", name="A"), te.placeholder((4, 3), "int8", name="W")
    k = te.reduce_axis((0, 3), name="k")
    taps = lambda c, i: te.sum(A[i + k].astype("int32") * W[c, k].astype("int32"), axis=k)  # noqa: E731
    s = create_schedule(C := te.compute((4, 8), taps, name="C"))
    shifted, *_ = s[C].offset_factor(0)
    assert [int(extent.value) for extent in shifted.shape] == [10]
    means_the_same(s)


@pytest.mark.parametrize("row", [lambda i: (i + 2, 4), lambda i: (i * 2 + 1, 0), lambda i: (7, i)])
@pytest.mark.parametrize("start", [0, 2])
def test_of_slices_what_is_read_is_offset(row: Row, start: int) -> None:
    A, B = te.placeholder((20, 5, 9), "int8", name="A"), te.placeholder((9, 6), "int8", name="B")
    s = create_schedule(C := of_rows(A, B, row, start))
    shifted, _, _ = s[C].offset_factor(0)
    assert [int(n.value) for n in shifted.shape] == [3, 8 - start]
    means_the_same(s)


def test_of_gathered_rows_these_are_offset() -> None:
    A, B = te.placeholder((20, 9), "int8", name="A"), te.placeholder((9, 6), "int8", name="B")
    at = te.placeholder((3,), "int32", name="at")
    s = create_schedule(C := of_rows(A, B, lambda i: (at[i],)))
    shifted, _, _ = s[C].offset_factor(0)
    assert [int(n.value) for n in shifted.shape] == [3, 8]
    random = np.random.default_rng(0)
    a, b = (random.integers(-128, 128, shape).astype("int8") for shape in ((20, 9), (9, 6)))
    rows = np.array([4, 19, 4], "int32")
    kernel = autosched.build(s, [A, at, B, C])
    expected = a[rows, :8].astype("int32") @ b[:8].astype("int32")
    np.testing.assert_array_equal(kernel(a, rows, b), expected)
    with pytest.raises(ArgumentError, match="20"):
        kernel(a, rows + 1, b)


@pytest.mark.parametrize("given", ["init", "where"])
def test_a_sum_with_a_start_or_a_condition_is_refused(given: str) -> None:
    A, B = te.placeholder((4, 8), "int8", name="A"), te.placeholder((8, 6), "int8", name="B")
    bias, k = te.placeholder((6,), "int32", name="bias"), te.reduce_axis((0, 8), name="k")

    def formula(i: Var, j: Var) -> Expr:
        source = A[i, k].astype("int32") * B[k, j].astype("int32")
        more = {"init": bias[j]} if given == "init" else {"where": k <= i}
        return te.sum(source, axis=k, **more)

    s = create_schedule(C := te.compute((4, 6), formula, name="C"))
    refuses(s, lambda: s[C].offset_factor(0), "a sum in int32 of products", "C")


@pytest.mark.parametrize("start", [0, 2])
def test_of_the_other_factor_and_of_an_axis_that_starts_elsewhere(start: int) -> None:
    s = create_schedule(C := product(start=start))
    shifted, made, _ = s[C].offset_factor(1)
    assert shifted.dtype == "uint8"
    assert [read.tensor.name for read in made.op.reads] == ["A", "C.offset"]
    means_the_same(s)


def test_of_windows() -> None:
    A, W = te.placeholder((10,), "int8", name="A"), te.placeholder((2, 3), "int8", name="W")
    k = te.reduce_axis((0, 3), name="k")
    C = te.compute(
        (2, 8),
        lambda c, i: te.sum(W[c, k].astype("int32") * A[i + k].astype("int32"), axis=k),
        name="C",
    )
    s = create_schedule(C)
    s[C].offset_factor(1)
    means_the_same(s)


@pytest.mark.parametrize(
    "output",
    [
        product(("uint8", "int8")),
        product(wide="int16"),
        product(wide="float32"),
        matmul(),
    ],
)
def test_other_products(output: te.Tensor) -> None:
    s = create_schedule(output)
    refuses(s, lambda: s[output].offset_factor(0), "products of two factors of int8")


def test_a_number_that_no_factor_has_and_loops_that_it_does_not_take() -> None:
    s = create_schedule(C := product())
    refuses(s, lambda: s[C].offset_factor(2), "number 2")
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].offset_factor(0), "call offset_factor before split")


def test_the_other_factor_has_all_axes_of_the_sum() -> None:
    A, B = te.placeholder((4, 8), "int8", name="A"), te.placeholder((6,), "int8", name="B")
    k = te.reduce_axis((0, 8), name="k")
    C = te.compute(
        (4, 6), lambda i, j: te.sum(A[i, k].astype("int32") * B[j].astype("int32"), axis=k)
    )
    s = create_schedule(C)
    refuses(s, lambda: s[C].offset_factor(0), "depends on all reduce axes")
    s[C].offset_factor(1)
    means_the_same(s)
