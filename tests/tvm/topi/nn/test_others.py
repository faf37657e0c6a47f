import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(axis):
    ((a, x),) = given = tensors((3, 4, 5))
    powers = np.exp(x - x.max(axis, keepdims=True))
    want = powers / powers.sum(axis, keepdims=True)
    check(topi.nn.softmax(a, axis), given, want)
    check(topi.nn.log_softmax(a, axis), given, np.log(want))


def test_activations():
    (a, x), (s, slope) = given = tensors((2, 3, 4), (3,))
    check(topi.nn.relu(a), given[:1], np.maximum(x, 0))
    check(topi.nn.leaky_relu(a, 0.1), given[:1], np.where(x > 0, x, 0.1 * x))
    check(topi.nn.prelu(a, s), given, np.where(x > 0, x, x * slope[:, None]))


def test_products():
    (a, x), (b, w), (c, bias) = given = tensors((3, 4), (5, 4), (5,))
    check(topi.nn.dense(a, b, c), given, x @ w.T + bias)
    check(topi.nn.matmul(a, b, c, transpose_b=True), given, x @ w.T + bias)
    (a, x), (b, y) = given = tensors((3, 4, 5), (1, 2, 5))
    check(topi.nn.batch_matmul(a, b), given, x @ y.transpose(0, 2, 1))


def test_paddings():
    ((a, x),) = given = tensors((2, 4, 5))
    sides = [(0, 0), (1, 2), (2, 0)]
    before, after = zip(*sides, strict=True)
    check(topi.nn.pad(a, before, after, 1.5), given, np.pad(x, sides, constant_values=1.5))
    assert topi.nn.pad(a, (0, 0, 0)) is a
    for mode in ("SYMMETRIC", "REFLECT"):
        made = topi.nn.mirror_pad(a, before, after, mode)
        check(made, given, np.pad(x, sides, mode=mode.lower()))


def test_space():
    ((a, x),) = given = tensors((1, 8, 2, 3))
    wide = np.zeros((1, 8, 3, 7), "float32")
    wide[:, :, ::2, ::3] = x
    check(topi.nn.dilate(a, (1, 1, 2, 3)), given, wide)
    check(topi.nn.flatten(a), given, x.reshape(1, -1))
    for mode, order in (("DCR", (0, 3, 4, 1, 5, 2)), ("CRD", (0, 1, 4, 2, 5, 3))):
        want = x.reshape(1, 2, 2, 2, 2, 3).transpose(order).reshape(1, 2, 4, 6)
        check(topi.nn.depth_to_space(a, 2, mode=mode), given, want)
    back = topi.nn.space_to_depth(topi.nn.depth_to_space(a, 2), 2)
    check(back, given, x)
    check(topi.nn.upsampling(a, 2, 2), given, x.repeat(2, 2).repeat(2, 3))


def test_a_product_keeps_the_axes_before():
    (a, x), (b, w) = given = tensors((2, 3, 4), (5, 4))
    check(topi.nn.matmul(a, b, transpose_b=True), given, x @ w.T)


@pytest.mark.parametrize(("axis", "more"), [(0, 2), (1, 3), (-1, 5)])
def test_a_queue(axis, more):
    shape = [4, 3, 5]
    shape[axis] = more
    (a, x), (b, y) = given = tensors(shape, (4, 3, 5))
    whole = np.concatenate([y, x], axis)
    wanted = np.take(whole, range(more, whole.shape[axis]), axis)
    check(topi.nn.fifo_buffer(a, b, axis), given, wanted)
