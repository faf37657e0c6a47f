"""Reductions: rows, factored, conditional, several axes, reducers of one's own."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te
from tests.tvm.running import check, run, values


def row_sums(n: int = 37, m: int = 53):
    A = te.placeholder((n, m), name="A")
    k = te.reduce_axis((0, m), "k")
    return A, te.compute((n,), lambda i: te.sum(A[i, k], axis=k), name="B")


def test_sum_of_rows_of_any_shape() -> None:
    n, m = te.var("n"), te.var("m")
    A = te.placeholder((n, m), name="A")
    k = te.reduce_axis((0, m), "k")
    B = te.compute((n,), lambda i: te.sum(A[i, k], axis=k), name="B")
    s = te.create_schedule(B.op)
    ko, _ = s[B].split(B.op.reduce_axis[0], factor=16)
    xo, _ = s[B].split(B.op.axis[0], factor=32)
    s[B].reorder(xo, ko)
    a = values((41, 29))
    check(s, [A, B], [a], a.sum(1), rtol=1e-4)


@pytest.mark.parametrize("factor", [1, 16, 53])
def test_factored_reduction(factor: int) -> None:
    A, B = row_sums()
    s = te.create_schedule(B.op)
    _, ki = s[B].split(B.op.reduce_axis[0], factor=factor)
    BF = s.rfactor(B, ki)
    assert len(s[BF].op.reduce_axis) == 1
    a = values((37, 53))
    check(s, [A, B], [a], a.sum(1), rtol=1e-4)


def test_factored_reduction_vectorized_at_its_row() -> None:
    A, B = row_sums(20, 100)
    s = te.create_schedule(B.op)
    _, ki = s[B].split(B.op.reduce_axis[0], factor=16)
    BF = s.rfactor(B, ki, factor_axis=1)
    s[BF].compute_at(s[B], s[B].op.axis[0])
    lanes = s[BF].op.axis[1]
    s[BF].reorder(s[BF].op.reduce_axis[0], lanes)
    s[BF].vectorize(lanes)
    s[B].parallel(s[B].op.axis[0])
    a = values((20, 100))
    check(s, [A, B], [a], a.sum(1), rtol=1e-4)


def test_product_of_one_s_own() -> None:
    A = te.placeholder((9, 12), name="A")
    k = te.reduce_axis((0, 12), name="k")
    product = te.comm_reducer(lambda x, y: x * y, lambda t: tvm.tir.const(1, dtype=t), name="p")
    B = te.compute((9,), lambda i: product(A[i, k], axis=k), name="B")
    a = values((9, 12))
    check(te.create_schedule(B.op), [A, B], [a], a.prod(1), rtol=1e-4)


def test_two_axes_with_a_condition() -> None:
    A = te.placeholder((8, 10, 12), name="A")
    i, j = te.reduce_axis((0, 10), "ri"), te.reduce_axis((0, 12), "rj")
    B = te.compute(
        (8,), lambda n: te.sum(A[n, i, j], axis=[i, j], where=tvm.tir.all(j <= i, i < 9)), name="B"
    )
    s = te.create_schedule(B.op)
    s[B].split(B.op.reduce_axis[1], 5)
    a = values((8, 10, 12))
    mask = np.tril(np.ones((10, 12), bool)) & (np.arange(10) < 9)[:, None]
    check(s, [A, B], [a], (a * mask).sum((1, 2)), rtol=1e-4)


@pytest.mark.parametrize(("reduce", "right"), [(te.max, np.max), (te.min, np.min)])
def test_extremes(reduce, right) -> None:
    A = te.placeholder((20, 33), name="A")
    k = te.reduce_axis((0, 33), name="k")
    B = te.compute((20,), lambda i: reduce(A[i, k], axis=k), name="B")
    s = te.create_schedule(B.op)
    _, inner = s[B].split(B.op.axis[0], 8)
    s[B].vectorize(inner)
    a = values((20, 33))
    check(s, [A, B], [a], right(a, axis=1))


def test_a_reduction_to_one_value() -> None:
    A = te.placeholder((1000,), name="A")
    k = te.reduce_axis((0, 1000), name="k")
    B = te.compute((), lambda: te.sum(A[k], axis=k), name="B")
    a = values((1000,))
    (total,) = run(te.create_schedule(B.op), [A, B], [a], ((), "float32"))
    np.testing.assert_allclose(total, a.sum(dtype="float64"), rtol=1e-4)


def test_a_convolution_with_padding() -> None:
    n, width = 12, 3
    image = te.placeholder((n, n), name="input")
    filters = te.placeholder((width, width), name="filter")
    di, dj = te.reduce_axis((0, width), "di"), te.reduce_axis((0, width), "dj")
    padded = te.compute(
        (n + 2, n + 2),
        lambda i, j: tvm.tir.if_then_else(
            tvm.tir.any(i < 1, i > n, j < 1, j > n), 0.0, image[i - 1, j - 1]
        ),
        name="padded",
    )
    out = te.compute(
        (n, n),
        lambda i, j: te.sum(padded[i + di, j + dj] * filters[di, dj], axis=[di, dj]),
        name="out",
    )
    a, w = values((n, n)), values((width, width))
    wide = np.pad(a, 1)
    right = sum(wide[i : i + n, j : j + n] * w[i, j] for i in range(3) for j in range(3))
    for inlined in (False, True):
        s = te.create_schedule(out.op)
        _, inner = s[out].split(out.op.axis[1], 8)
        s[out].vectorize(inner)
        if inlined:
            s[padded].compute_inline()
        else:
            s[padded].compute_at(s[out], out.op.axis[0])
        check(s, [image, filters, out], [a, w], right, rtol=1e-4)
