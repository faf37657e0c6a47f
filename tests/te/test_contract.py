"""Sums of products by matrix products agree with adding up point by point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.te.contract import contract, factors, merged
from autosched.te.evaluate import evaluate

RNG = np.random.default_rng(3)


@given(st.data())
def test_contracting_is_multiplying_and_adding(data):
    extents = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    rank = data.draw(st.integers(1, len(extents) - 1))
    kept = st.lists(st.booleans(), min_size=len(extents), max_size=len(extents))
    shapes = [
        [extent if keep else 1 for extent, keep in zip(extents, data.draw(kept), strict=True)]
        for _ in range(2)
    ]
    a, b = (RNG.integers(-3, 4, shape).astype("float64") for shape in shapes)
    got = contract(a, b, rank, extents)
    if got is None:
        assert a.shape[:rank] == b.shape[:rank]
        return
    wanted = np.broadcast_to(a * b, extents).sum(axis=tuple(range(rank, len(extents))))
    np.testing.assert_array_equal(np.broadcast_to(got, extents[:rank]), wanted)


def both_ways(body, arrays, shape, monkeypatch, **options):
    """The values by matrix products, and with those switched off."""
    tensors = [te.placeholder(array.shape, str(array.dtype)) for array in arrays]
    C = te.compute(shape, body(*tensors))
    inputs = dict(zip(tensors, arrays, strict=True))
    fast = evaluate([C], inputs, **options)[0]
    calls = []
    monkeypatch.setattr(
        "autosched.te.computation.operator_of", lambda combiner: calls.append(combiner)
    )
    return fast, evaluate([C], inputs, **options)[0], calls


def image_and_filters(dtype="float64"):
    return (
        RNG.integers(-4, 5, (2, 6, 9, 7)).astype(dtype),
        RNG.integers(-4, 5, (4, 3, 3, 3)).astype(dtype),
    )


def strided_convolution(x, w):
    c, p, q = te.reduce_axis((0, 3)), te.reduce_axis((0, 3)), te.reduce_axis((0, 3))
    return lambda n, o, i, j: te.sum(
        x[n, o // 2 * 3 + c, i * 2 + p, j + q * 2] * w[o, c, p, q], axis=[c, p, q]
    )


def flipped_and_scaled(x, w):
    c, p = te.reduce_axis((0, 3)), te.reduce_axis((0, 3))
    return lambda n, o, i, j: te.sum(
        2 * x[n, c, 8 - i - p, j] * (w[o, c, p, 0] * w[0, c, 0, 0]), axis=[c, p]
    )


def one_point_each(x, w):
    c = te.reduce_axis((0, 3))
    return lambda n, o, i, j: te.sum(x[n, c, i, j] * x[n, c, i, j], axis=c)


def guarded(x, w):
    c, p = te.reduce_axis((0, 3)), te.reduce_axis((0, 3))
    return lambda n, o, i, j: te.sum(
        te.if_then_else(i + p > 2, x[n, c, i + p - 3, j], 0) * w[o, c, p, 1], axis=[c, p]
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int8"])
@pytest.mark.parametrize("body", [strided_convolution, flipped_and_scaled, one_point_each, guarded])
def test_products_agree_with_the_general_way(body, dtype, monkeypatch):
    fast, slow, calls = both_ways(body, image_and_filters(dtype), (2, 4, 3, 3), monkeypatch)
    assert calls
    assert fast.dtype == slow.dtype == dtype
    np.testing.assert_array_equal(fast, slow)


def test_integers_too_large_for_float64_stay_exact():
    A, B, k = (
        te.placeholder((3, 5), "int64"),
        te.placeholder((5, 3), "int64"),
        te.reduce_axis((0, 5)),
    )
    C = te.compute((3, 3), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k))
    a = RNG.integers(1 << 40, 1 << 41, (3, 5))
    np.testing.assert_array_equal(evaluate([C], {A: a, B: a.T.copy()})[0], a @ a.T)


def test_a_sum_with_a_start_is_a_contraction_too():
    A, k = te.placeholder((3, 5)), te.reduce_axis((0, 5))
    C = te.compute((3, 3), lambda i, j: te.sum(A[i, k] * A[j, k], axis=k, init=A[i, j]))
    a = RNG.integers(-3, 4, (3, 5)).astype("float32")
    np.testing.assert_array_equal(evaluate([C], {A: a})[0], a @ a.T + a[:, :3])


def test_factors_of_nested_products():
    A = te.placeholder((5,))
    product = (A[0] * A[1]) * (A[2] * 3.0)
    assert [getattr(part, "value", part) for part in factors(product)][-1] == 3.0
    assert len(factors(product)) == 4
    assert len(factors(A[0] + A[1])) == 1


def test_merging_makes_no_array_larger():
    row, column, matrix = np.ones((1, 3)), np.ones((2, 1)), np.ones((2, 3))
    assert merged([row, column]) is not None
    pair = merged([row, column, matrix])
    assert sorted(array.shape for array in pair) in ([(1, 3), (2, 3)], [(2, 1), (2, 3)])
    assert merged([np.ones((2, 1, 1)), np.ones((1, 2, 1)), np.ones((1, 1, 2))]) is None
