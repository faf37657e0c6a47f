import numpy as np
import pytest

from autosched import te
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def test_elements_at_indices():
    (a, x), (i, at) = given = tensors((5, 4), (2, 3), dtype="int32")
    check(topi.take(a, i, 0), given, np.take(x, at, 0, mode="clip"))
    check(topi.take(a, i), given, np.take(x, at, mode="clip"))
    check(topi.take(a, i, 1, mode="wrap"), given, np.take(x, at, 1, mode="wrap"))
    inside = [(a, x), (i, np.abs(at) % 4)]
    check(
        topi.gather(a, 1, i),
        [(a, x), (i, inside[1][1])],
        np.take_along_axis(x[:2], inside[1][1], 1),
    )
    check(topi.gather_nd(a, i), inside, x[tuple(inside[1][1])])
    hot = topi.one_hot(i, 2, -1, 6, -1, "float32")
    check(hot, inside[1:], np.where(np.arange(6) == inside[1][1][..., None], 2, -1))


def test_a_sequence_is_masked():
    (a, x) = tensors((5, 3))[0]
    (n, _) = tensors((3,), dtype="int32")[0]
    lengths = np.array([0, 2, 5], "int32")
    wanted = np.where(np.arange(5)[:, None] < lengths, x, -1)
    check(topi.sequence_mask(a, n, -1), [(a, x), (n, lengths)], wanted)


def test_rows_of_each_batch_entry():
    (a, x), (i, at) = tensors((2, 5, 4), (2, 3), dtype="int32")
    wanted = np.take_along_axis(x, np.clip(at, 0, 4)[..., None], 1)
    check(topi.take(a, i, 1, batch_dims=1), [(a, x), (i, at)], wanted)
    floats = te.placeholder((2, 2), "float32")
    check(
        topi.gather_nd(a, floats),
        [(a, x), (floats, np.array([[1.8, 0.2], [4, 3.5]], "float32"))],
        x[[1, 0], [4, 3]],
    )


def test_indices_are_broadcast():
    (a, x), (i, at), (j, to) = tensors((9, 8, 3), (4, 1), (1, 7), dtype="int32")
    at, to = abs(at), abs(to) % 8
    check(topi.adv_index(a, [i, j]), [(a, x), (i, at), (j, to)], x[at, to])


@pytest.mark.parametrize("shape", [(5, 2, 7), (70,)])
def test_places_in_a_shape(shape):
    i, n = te.placeholder((2, 2), "uint16"), te.placeholder((len(shape),), "int32")
    at = np.array([[0, 69], [13, 42]], "uint16")
    given = [(i, at), (n, np.array(shape, "int32"))]
    check(topi.unravel_index(i, n), given, np.stack(np.unravel_index(at, shape)))
