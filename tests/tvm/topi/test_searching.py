import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import built, tensors


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("rows", [(), (3,), (2, 3)])
@pytest.mark.parametrize("common", [False, True])
def test_places_in_a_sequence(right, rows, common):
    (s, sequence), (v, values) = tensors((7,) if common else (*rows, 7), (*rows, 9), dtype="int32")
    sequence = np.sort(sequence, -1)
    wanted = topi.testing.searchsorted_ref(sequence, values, right, "int64")
    found = topi.searchsorted(s, v, right)
    built(found, [(s, sequence), (v, values)], wanted)


def test_places_that_are_not_zero():
    (a, _) = tensors((3, 5), dtype="int32")[0]
    (shape, ones) = tensors((4, 2), dtype="int32")[0]
    x = np.zeros((3, 5), "int32")
    x[[0, 2, 2], [4, 1, 3]] = 7, -1, 1
    wanted = np.array([[0, 4], [2, 1], [2, 3], [0, 0]], "int32")
    built(topi.argwhere(shape, a), [(shape, ones), (a, x)], wanted)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_distinct_elements(is_sorted):
    (a, _) = tensors((6,), dtype="int64")[0]
    x = np.array([5, -2, 5, 9, -2, 5])
    order = [-2, 5, 9] if is_sorted else [5, -2, 9]
    wanted = [
        np.array([*order, 0, 0, 0]),
        np.array([*map(list(x).index, order), 0, 0, 0], "int32"),
        np.array([order.index(each) for each in x], "int32"),
        np.array([3], "int32"),
        np.array([*(list(x).count(each) for each in order), 0, 0, 0], "int32"),
    ]
    built(topi.unique(a, is_sorted, True), [(a, x)], wanted)
    built(topi.unique(a, is_sorted), [(a, x)], wanted[:4])
