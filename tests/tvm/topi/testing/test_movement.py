import numpy as np
import pytest

from autosched.tvm import topi
from autosched.tvm.topi import testing
from tests.tvm.topi.checks import check, tensors

X = np.arange(2 * 4 * 6).reshape(2, 4, 6)


def test_elements_at_indices() -> None:
    at = np.array([[[1, 0, 1]]])
    assert testing.gather_python(X[:1, :1], 2, at).tolist() == [[[1, 0, 1]]]
    assert testing.gather_nd_python(X, np.array([[1], [2]])).tolist() == X[1, 2][None].tolist()
    hot = testing.one_hot(np.array([1, 0]), 5, 2, 3, 0, "int32")
    assert hot.tolist() == [[2, 5], [5, 2], [2, 2]]


def test_sequences() -> None:
    x = np.random.default_rng(0).random((4, 3, 2))
    lengths = np.array([1, 4, 2], "int32")
    want = testing.sequence_mask(x, lengths, -1.0, 0)
    assert (want[1:, 0] == -1).all()
    assert (want[:, 1] == x[:, 1]).all()
    assert (testing.sequence_mask(x.swapaxes(0, 1), lengths, -1.0, 1) == want.swapaxes(0, 1)).all()


@pytest.mark.parametrize(
    ("options", "want"),
    [
        (([1, 0], [2, 3], None), X[1:2, 0:3]),
        (([0, -1], [2, None], [1, -2]), X[0:2, -1::-2]),
        (([1], [-1], None, "size", [2]), X[:, :, 1:]),
        (([0, 1], [1, 2], None, "size"), X[0:1, 1:3]),
    ],
)
def test_slices(options, want) -> None:
    assert (testing.strided_slice_python(X, *options) == want).all()


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_and_space(mode) -> None:
    ((a, x),) = given = tensors((1, 8, 2, 3))
    want = testing.depth_to_space_python(x, 2, mode)
    check(topi.nn.depth_to_space(a, 2, "NCHW", mode), given, want)
    if mode == "DCR":
        assert (testing.space_to_depth_python(want, 2) == x).all()


def test_batch_and_space() -> None:
    found = testing.space_to_batch_nd_python(X[..., None], [2, 3], [0, 1], [0, 2])
    assert found.shape == (12, 2, 3, 1)
    assert found[0, 0, :, 0].tolist() == [0, 2, 5]
    assert (testing.batch_to_space_nd_python(found, [2, 3], [0, 1], [0, 2]) == X[..., None]).all()


def test_batch_and_space_by_operators() -> None:
    ((a, x),) = given = tensors((2, 3, 4, 2))
    want = testing.space_to_batch_nd_python(x, [2, 3], [1, 0], [0, 2], 0.5)
    check(topi.nn.space_to_batch_nd(a, [2, 3], [1, 0], [0, 2], 0.5), given, want)
    ((a, x),) = given = tensors((12, 2, 3, 2))
    want = testing.batch_to_space_nd_python(x, [2, 3], [1, 0], [0, 2])
    check(topi.nn.batch_to_space_nd(a, [2, 3], [1, 0], [0, 2]), given, want)


def test_other_elements_in_a_slice() -> None:
    want = X.copy()
    want[1:, ::2] = -1
    assert (testing.strided_set_python(X, -1, [1, 0], [2, 4], [1, 2]) == want).all()


def test_diagonals() -> None:
    x = np.zeros((3, 4), int)
    assert testing.matrix_set_diag(x, np.array([1, 2]), -1).tolist()[1:] == [
        [1, 0, 0, 0],
        [0, 2, 0, 0],
    ]
    rows = np.array([[9, 1, 2], [3, 4, 5], [6, 7, 9]])
    assert testing.matrix_set_diag(x, rows, (-1, 1), "RIGHT_LEFT").tolist() == [
        [3, 9, 0, 0], [6, 4, 1, 0], [0, 7, 5, 2],
    ]  # fmt: skip
