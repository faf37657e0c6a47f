import numpy as np
import pytest

from autosched.tvm import topi
from autosched.tvm.topi import testing
from autosched.tvm.topi.testing import conv2d_nchw_python
from tests.tvm.topi.checks import check, tensors


def test_a_convolution_by_its_definition() -> None:
    rng = np.random.default_rng(0)
    data, weights = rng.integers(-4, 5, (1, 4, 5, 6)), rng.integers(-4, 5, (2, 2, 3, 2))
    got = conv2d_nchw_python(data, weights, (2, 1), (1, 0, 1, 1), groups=2)
    padded = np.pad(data, ((0, 0), (0, 0), (1, 1), (0, 1)))
    assert got.shape == (1, 2, 3, 6)
    for o in range(2):
        for y in range(3):
            for x in range(6):
                window = padded[0, 2 * o : 2 * o + 2, 2 * y : 2 * y + 3, x : x + 2]
                assert got[0, o, y, x] == (window * weights[o]).sum()


def test_one_number_for_all_sides() -> None:
    data, weights = np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3))
    assert conv2d_nchw_python(data, weights, 1, 1)[0, 0, 0].tolist() == [4, 6, 4]


@pytest.mark.parametrize("padding", ["SAME", "VALID", 1, (1, 0, 0, 2)])
def test_images_in_other_layouts(padding) -> None:
    rng = np.random.default_rng(0)
    data, weights = rng.random((1, 4, 6, 7)), rng.random((6, 2, 3, 2))
    want = testing.conv2d_nchw_python(data, weights, 2, padding, groups=2)
    images, filters = data.transpose(0, 2, 3, 1), weights.transpose(2, 3, 1, 0)
    got = testing.conv2d_nhwc_python(images, filters, 2, padding, groups=2)
    np.testing.assert_allclose(got.transpose(0, 3, 1, 2), want)
    whole = weights.repeat(2, axis=1)
    hwcn = testing.conv2d_hwcn_python(
        data.transpose(2, 3, 1, 0), whole.transpose(2, 3, 1, 0), 2, padding
    )
    np.testing.assert_allclose(
        hwcn.transpose(3, 2, 0, 1), testing.conv2d_nchw_python(data, whole, 2, padding)
    )


def test_other_numbers_of_axes() -> None:
    rng = np.random.default_rng(0)
    data, weights = rng.random((1, 4, 9)), rng.random((6, 2, 3))
    line = testing.group_conv1d_ncw_python(data, weights, 1, (2, 1), 2, 2)
    widened = testing.dilate_python(weights, (1, 1, 2))
    flat = testing.conv2d_nchw_python(data[:, :, None], widened[:, :, None], 1, (0, 2, 0, 1), 2)
    np.testing.assert_allclose(line, flat[:, :, 0])
    whole = weights.repeat(2, axis=1)
    np.testing.assert_allclose(
        testing.conv1d_ncw_python(data, whole, 1, 0, 1),
        testing.conv3d_ncdhw_python(data[:, :, None, None], whole[:, :, None, None], 1, 0)[
            :, :, 0, 0
        ],
    )
    volume = testing.conv3d_ndhwc_python(
        data.transpose(0, 2, 1)[:, None, None], whole.transpose(2, 1, 0)[None, None], 1, 0
    )
    np.testing.assert_allclose(
        volume[:, 0, 0].transpose(0, 2, 1), testing.conv1d_ncw_python(data, whole, 1, 0, 1)
    )


def test_channels_apart() -> None:
    (a, x), (b, w) = given = tensors((1, 3, 6, 5), (3, 2, 3, 3))
    made = topi.nn.depthwise_conv2d_nchw(a, b, 2, "SAME", 1)
    want = testing.depthwise_conv2d_python_nchw(x, w, 2, "SAME")
    check(made, given, want)
    last = testing.depthwise_conv2d_python_nhwc(
        x.transpose(0, 2, 3, 1), w.transpose(2, 3, 0, 1), 2, "SAME"
    )
    np.testing.assert_allclose(last.transpose(0, 3, 1, 2), want, rtol=1e-6)


def test_transposed_convolutions() -> None:
    (a, x), (b, w) = given = tensors((1, 3, 4, 5), (3, 2, 3, 4))
    want = testing.conv2d_transpose_nchw_python(x, w, (2, 3), (1, 0, 0, 1), (1, 0))
    check(topi.nn.conv2d_transpose_nchw(a, b, (2, 3), (1, 0, 0, 1), "float32", (1, 0)), given, want)
    line = testing.conv1d_transpose_ncw_python(x[:, :, 0], w[:, :, 0], 2, 1, 1)
    volume = testing.conv3d_transpose_ncdhw_python(
        x[:, :, None, :1], w[:, :, None, :1], (1, 1, 2), (0, 0, 1), (0, 0, 1)
    )
    np.testing.assert_allclose(volume[:, :, 0, 0], line, rtol=1e-6)
    two = np.concatenate([x[:, :, 0]] * 2, axis=1)
    grouped = testing.group_conv1d_transpose_ncw_python(
        two, np.concatenate([w[:, :, 0]] * 2), 2, 1, 1, 2
    )
    np.testing.assert_allclose(grouped, np.concatenate([line] * 2, axis=1), rtol=1e-6)
