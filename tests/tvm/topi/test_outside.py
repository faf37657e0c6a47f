"""Tensors that functions of NumPy compute."""

import numpy as np
import pytest

from autosched import te
from autosched.errors import ArgumentError, NotOfferedError
from autosched.tvm import topi
from autosched.tvm.topi.outside import outside
from tests.tvm.topi.checks import built, tensors


@outside
def _smaller(x, y, count, doubled):
    return [x[:count] * (2 if doubled else 1), y]


def test_arrays_smaller_than_their_tensors_fill_the_first_places():
    (a, x), (b, y) = given = tensors((5, 2), (3,))
    wanted = np.where(np.arange(5)[:, None] < 3, 2 * x, 0)
    built(_smaller([a, b], [(a.shape, a.dtype), (b.shape, b.dtype)], 3, True), given, [wanted, y])


def test_one_tensor_may_be_two_inputs():
    ((a, x),) = given = tensors((4,))
    kind = (a.shape, a.dtype)
    built(_smaller([a, a], [kind, kind], 4, False), given, [x, x])


def test_what_stands_around_is_compiled():
    (a, x), (b, y) = given = tensors((5, 2), (3,))
    before = te.compute(a.shape, lambda *i: a(*i) + 1)
    first, second = _smaller([before, b], [(a.shape, a.dtype), (b.shape, b.dtype)], 5, False)
    after = te.compute(a.shape, lambda i, j: first(i, j) * second(0))
    built(after, given, (x + 1) * y[0])


def test_places_outside_and_outputs_that_are_too_small():
    (a, x) = tensors((3, 4))[0]
    (i, at) = tensors((1, 2), dtype="int32")[0]
    (u, y) = tensors((2, 4))[0]
    with pytest.raises(ArgumentError, match="places inside of tensors for scatter_nd: index 3"):
        built(topi.scatter_nd(a, i, u), [(a, x), (i, at * 0 + 3), (u, y)], x)
    (rows, ones) = tensors((2, 2), dtype="int32")[0]
    with pytest.raises(ArgumentError, match=r"extents \(12, 2\) of an output of argwhere, got"):
        built(topi.argwhere(rows, a), [(rows, ones), (a, x)], ones)


def test_bfloat16_is_refused():
    with pytest.raises(NotOfferedError, match="sort of bfloat16"):
        topi.sort(te.placeholder((3,), "bfloat16"))
