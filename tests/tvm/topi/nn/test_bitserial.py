import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import te, topi
from tests.tvm.topi.checks import check


def few_bits(shape, bits, seed=0):
    array = np.random.default_rng(seed).integers(0, 1 << bits, shape).astype("uint32")
    return te.placeholder(shape, "uint32"), array


def signs(weights, unipolar):
    return np.where(weights == 1, 1, -1) if unipolar else weights.astype("int64")


def test_bits_of_neighbours_become_words():
    (a, x) = few_bits((3, 16), 2)
    wanted = np.packbits((x[:, None] >> np.arange(2)[:, None] & 1).astype("uint8"), axis=-1)
    check(topi.nn.bitpack(a, 2, 1, 1, "uint8"), [(a, x)], wanted)
    with pytest.raises(ExpressionError, match="a multiple of 32 elements to pack, got 16"):
        topi.nn.bitpack(a, 2, 1, 1, "uint32")


def test_products_of_signs():
    rng = np.random.default_rng(0)
    x, y = (rng.choice([-1, 1], shape).astype("float32") for shape in ((3, 64), (5, 64)))
    a, b = te.placeholder(x.shape), te.placeholder(y.shape)
    found = topi.nn.binary_dense(topi.nn.binarize_pack(a), topi.nn.binarize_pack(b))
    check(found, [(a, x), (b, y)], x @ y.T)
    c = te.placeholder((64, 3))
    bits = np.packbits(x.T >= 0, axis=0).reshape(2, 4, 3).astype("uint32")
    words = (bits << np.array([24, 16, 8, 0], "uint32")[:, None]).sum(1)
    check(topi.nn.binarize_pack(c, 0), [(c, x.T)], words)


@pytest.mark.parametrize("unipolar", [True, False])
@pytest.mark.parametrize("weight_bits", [1, 2])
def test_products_of_few_bits(unipolar, weight_bits):
    bits = 1 if unipolar else weight_bits
    (a, x), (b, y) = few_bits((3, 64), 2), few_bits((5, 64), bits, 1)
    wanted = x.astype("int64") @ signs(y, unipolar).T
    found = topi.nn.bitserial_dense(a, b, 2, bits, "uint32", "int16", unipolar)
    check(found, [(a, x), (b, y)], wanted)
    packed = topi.nn.bitpack(b, bits, 1, 1, "uint32")
    found = topi.nn.bitserial_dense(a, packed, 2, bits, "uint32", "int16", unipolar)
    check(found, [(a, x), (b, y)], wanted)


@pytest.mark.parametrize("unipolar", [True, False])
@pytest.mark.parametrize(("stride", "padding"), [(1, 1), (2, (0, 1, 2, 1))])
def test_convolutions_of_few_bits(unipolar, stride, padding):
    bits = 1 if unipolar else 2
    (a, x), (w, y) = few_bits((1, 8, 5, 6), 2), few_bits((3, 8, 3, 2), bits, 1)
    options = (stride, padding, 2, bits, "uint8", "int32", unipolar)
    sides = (padding,) * 4 if isinstance(padding, int) else padding
    image = np.pad(x, [(0, 0), (0, 0), sides[::2], sides[1::2]])
    wanted = topi.testing.conv2d_nchw_python(
        image.astype("int32"), signs(y, unipolar).astype("int32"), stride, 0
    )
    check(topi.nn.bitserial_conv2d_nchw(a, w, *options), [(a, x), (w, y)], wanted)
    b, v = te.placeholder((1, 5, 6, 8), "uint32"), te.placeholder((3, 2, 8, 3), "uint32")
    given = [(b, x.transpose(0, 2, 3, 1)), (v, y.transpose(2, 3, 1, 0))]
    check(topi.nn.bitserial_conv2d_nhwc(b, v, *options), given, wanted.transpose(0, 2, 3, 1))
