import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("size", [(10, 14), (4, 3), (5, 7), (1, 1)])
@pytest.mark.parametrize("mode", ["half_pixel", "align_corners", "asymmetric"])
def test_linear(mode, size):
    ((a, x),) = given = tensors((1, 2, 5, 7))
    weights = [_weights(n, m, mode) for n, m in zip(x.shape[2:], size, strict=True)]
    wanted = np.einsum("yh,nchw,zw->ncyz", weights[0], x, weights[1])
    check(topi.image.resize2d(a, (0,) * 4, size, "NCHW", "linear", mode), given, wanted)


def _weights(extent, wanted, mode):
    places = np.arange(wanted, dtype="float64")
    if mode == "align_corners":
        places = places * (extent - 1) / max(wanted - 1, 1)
    elif mode == "half_pixel":
        places = (places + 0.5) * extent / wanted - 0.5
    else:
        places = places * extent / wanted
    places = np.clip(places, 0, extent - 1)
    return np.maximum(0, 1 - abs(places[:, None] - np.arange(extent)))


def test_the_nearest():
    ((a, x),) = given = tensors((1, 4, 6, 2))
    made = topi.image.resize2d(a, (0,) * 4, (8, 3), "NHWC", "nearest_neighbor", "asymmetric")
    check(made, given, x[:, np.arange(8) // 2][:, :, np.arange(3) * 2])


def test_blocked_images():
    (a, x) = tensors((1, 2, 3, 4, 2, 4))[0]
    flat = x.transpose(0, 4, 1, 5, 2, 3).reshape(2, 8, 3, 4)
    wanted = topi.testing.resize2d_python(flat, (2, 1.5), "NCHW", "linear", "half_pixel")
    blocked = wanted.reshape(1, 2, 2, 4, 6, 6).transpose(0, 2, 4, 5, 1, 3)
    made = topi.image.resize2d(a, (0,) * 4, (6, 6), "NCHW2n4c", "linear", "half_pixel")
    check(made, [(a, x)], blocked)
    made = topi.nn.upsampling(a, 2, 2, "NCHW2n4c")
    check(made, [(a, x)], x.repeat(2, 2).repeat(2, 3))
