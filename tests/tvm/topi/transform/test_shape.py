import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def test_shapes():
    ((a, x),) = given = tensors((3, 1, 5))
    check(topi.transpose(a, (2, 0, 1)), given, x.transpose(2, 0, 1))
    check(topi.reshape(a, (5, -1)), given, x.reshape(5, 3))
    check(topi.expand_dims(a, 1, 2), given, x[:, None, None])
    check(topi.expand_dims(a, -1), given, x[..., None])
    check(topi.squeeze(a), given, x[:, 0])
    check(topi.squeeze(a, 1), given, x[:, 0])
    check(topi.shape(a), [], np.array([3, 1, 5]))
    check(topi.ndarray_size(a), [], np.array(15))
    with pytest.raises(ExpressionError, match="expected 15 elements to reshape"):
        topi.reshape(a, (4, 4))


def test_tensors_joined():
    (a, x), (b, y) = given = tensors((3, 5), (3, 2))
    check(topi.concatenate([a, b], 1), given, np.concatenate([x, y], 1))
    check(topi.stack([a, a], -1), given[:1], np.stack([x, x], -1))


def test_repetition():
    ((a, x),) = given = tensors((3, 2))
    check(topi.repeat(a, 3, 1), given, np.repeat(x, 3, 1))
    check(topi.tile(a, (2, 1, 3)), given, np.tile(x, (2, 1, 3)))


def test_flipped():
    ((a, x),) = given = tensors((6, 7))
    check(topi.flip(a, 1), given, x[:, ::-1])


def test_like_another():
    ((a, x),) = given = tensors((5, 7))
    like = te.placeholder((5, 6, 7, 8))
    wanted = np.broadcast_to(x[:, None, :, None], (5, 6, 7, 8))
    check(topi.expand_like(a, like, [-1, 1]), given, wanted)
    with pytest.raises(ExpressionError, match="expected 2 new axes for expand_like, got 1"):
        topi.expand_like(a, like, 1)


@pytest.mark.parametrize(("seq", "batch"), [(0, 1), (-1, 0), (1, 2)])
def test_reversed_sequences(seq, batch):
    (a, x) = tensors((4, 5, 6))[0]
    count, extent = x.shape[batch], x.shape[seq]
    n, lengths = te.placeholder((count,), "int32"), np.array([-1, 0, 1, 3, extent, 9][-count:])
    wanted = x.copy()
    for row, length in zip(np.moveaxis(wanted, (batch, seq), (0, 1)), lengths, strict=True):
        kept = max(min(length, extent), 0)
        row[:kept] = row[:kept][::-1].copy()
    found = topi.reverse_sequence(a, n, seq, batch)
    check(found, [(a, x), (n, lengths.astype("int32"))], wanted)


def test_windows():
    ((a, x),) = given = tensors((2, 7, 9))
    wanted = np.lib.stride_tricks.sliding_window_view(x, (3, 4), (1, 2))[:, ::2, ::3]
    check(topi.sliding_window(a, 1, (3, 4), (2, 3)), given, wanted)
    with pytest.raises(ExpressionError, match="windows and strides of 2 axes"):
        topi.sliding_window(a, 1, (3,), (2,))
