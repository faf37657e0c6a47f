import numpy as np
import pytest

from autosched.errors import ExpressionError, NotOfferedError
from autosched.ops import reference_windows as reference
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors

STEPS = [(1, 0, 1), (2, 1, 1), (1, 2, 2)]


def convolved(x, w, stride, padding, dilation, groups=1):
    return reference.convolution(
        x, w, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@pytest.mark.parametrize(("stride", "padding", "dilation"), STEPS)
def test_images_in_three_layouts(stride, padding, dilation):
    (a, x), (b, w) = given = tensors((2, 3, 7, 6), (4, 3, 3, 2))
    want = convolved(x, w, stride, padding, dilation)
    check(topi.nn.conv2d_nchw(a, b, stride, padding, dilation), given, want)
    (a, _), (b, _) = tensors((2, 7, 6, 3), (3, 2, 3, 4))
    nhwc = [(a, x.transpose(0, 2, 3, 1)), (b, w.transpose(2, 3, 1, 0))]
    made = topi.nn.conv2d_nhwc(a, b, stride, padding, dilation)
    check(made, nhwc, want.transpose(0, 2, 3, 1))
    (a, _), (b, _) = tensors((7, 6, 3, 2), (3, 2, 3, 4))
    hwcn = [(a, x.transpose(2, 3, 1, 0)), (b, w.transpose(2, 3, 1, 0))]
    check(topi.nn.conv2d_hwcn(a, b, stride, padding, dilation), hwcn, want.transpose(2, 3, 1, 0))


def test_groups():
    (a, x), (b, w) = given = tensors((1, 4, 5, 5), (6, 2, 3, 3))
    check(topi.nn.group_conv2d_nchw(a, b, 1, 1, 1, 2), given, convolved(x, w, 1, 1, 1, 2))


@pytest.mark.parametrize(("stride", "padding", "dilation"), STEPS)
def test_one_axis_and_three(stride, padding, dilation):
    (a, x), (b, w) = given = tensors((2, 3, 9), (4, 3, 3))
    want = convolved(x, w, stride, padding, dilation)
    check(topi.nn.conv1d_ncw(a, b, stride, padding, dilation), given, want)
    (a, _), (b, _) = tensors((2, 9, 3), (3, 3, 4))
    nwc = [(a, x.transpose(0, 2, 1)), (b, w.transpose(2, 1, 0))]
    check(topi.nn.conv1d_nwc(a, b, stride, padding, dilation), nwc, want.transpose(0, 2, 1))
    (a, x), (b, w) = given = tensors((1, 2, 5, 6, 5), (3, 2, 2, 3, 2))
    want = convolved(x, w, stride, padding, dilation)
    check(topi.nn.conv3d_ncdhw(a, b, stride, padding, dilation), given, want)


def test_channels_apart():
    (a, x), (b, w) = given = tensors((1, 3, 7, 5), (3, 2, 3, 3))
    want = convolved(x, w.reshape(6, 1, 3, 3), 2, 1, 1, 3)
    check(topi.nn.depthwise_conv2d_nchw(a, b, 2, 1, 1), given, want)
    (a, _), (b, _) = tensors((1, 7, 5, 3), (3, 3, 3, 2))
    nhwc = [(a, x.transpose(0, 2, 3, 1)), (b, w.transpose(2, 3, 0, 1))]
    check(topi.nn.depthwise_conv2d_nhwc(a, b, 2, 1, 1), nhwc, want.transpose(0, 2, 3, 1))


@pytest.mark.parametrize("groups", [1, 2])
def test_blocked_channels(groups):
    (a, x), (b, w) = given = tensors((1, 2, 5, 6, 4), (3, 2 // groups, 3, 3, 4, 2))
    flat = x.transpose(0, 1, 4, 2, 3).reshape(1, 8, 5, 6)
    filters = w.transpose(0, 5, 1, 4, 2, 3).reshape(6, 8 // groups, 3, 3)
    want = convolved(flat, filters, 1, 1, 1, groups)
    want = want.reshape(1, 3, 2, 5, 6).transpose(0, 1, 3, 4, 2)
    check(topi.nn.conv2d_NCHWc(a, b, 1, 1, 1, "NCHW4c", "NCHW2c"), given, want)


@pytest.mark.parametrize("multiplier", [1, 2])
def test_blocks_of_channels_apart(multiplier):
    (a, x), (b, w) = given = tensors((1, 2, 5, 6, 4), (4 * multiplier, 1, 3, 3, 1, 2))
    flat = x.transpose(0, 1, 4, 2, 3).reshape(1, 8, 5, 6)
    filters = w.transpose(0, 5, 1, 4, 2, 3).reshape(8 * multiplier, 1, 3, 3)
    want = convolved(flat, filters, 2, 1, 1, 8)
    want = want.reshape(1, 4 * multiplier, 2, 3, 3).transpose(0, 1, 3, 4, 2)
    check(topi.nn.depthwise_conv2d_NCHWc(a, b, 2, 1, 1, "NCHW4c", "NCHW2c"), given, want)


def test_paddings_by_name_and_by_side():
    (a, x), (b, w) = given = tensors((1, 2, 7, 7), (3, 2, 3, 3))
    check(topi.nn.conv2d_nchw(a, b, 1, "SAME", 1), given, convolved(x, w, 1, 1, 1))
    check(topi.nn.conv2d_nchw(a, b, 1, "VALID", 1), given, convolved(x, w, 1, 0, 1))
    wide = np.pad(x, [(0, 0), (0, 0), (1, 0), (2, 3)])
    check(topi.nn.conv2d_nchw(a, b, 1, (1, 2, 0, 3), 1), given, convolved(wide, w, 1, 0, 1))


def test_sums_may_be_wider():
    (a, x), (b, w) = given = tensors((1, 3, 5, 5), (4, 3, 3, 3), dtype="int8")
    made = topi.nn.conv2d_nchw(a, b, 1, 0, 1, "int32")
    check(made, given, convolved(x.astype("int32"), w.astype("int32"), 1, 0, 1))


def test_filters_of_other_channels_are_refused():
    (a, _), (b, _) = tensors((1, 3, 5, 5), (4, 2, 3, 3))
    with pytest.raises(ExpressionError, match="expected filters of 3 channels for conv, got 2"):
        topi.nn.conv2d_nchw(a, b, 1, 0, 1)
    (a, _), (b, _) = tensors((1, 6, 5, 5), (4, 2, 3, 3))
    with pytest.raises(ExpressionError, match="expected filters of 3 channels for conv, got 2"):
        topi.nn.group_conv2d_nchw(a, b, 1, 0, 1, 2)


def test_an_algorithm_is_up_to_the_schedule():
    (a, x), (b, w) = given = tensors((1, 2, 7, 7), (3, 2, 3, 3))
    made = topi.nn.conv2d_winograd_nchw(a, b, 1, 1, 1, "float32")
    check(made, given, convolved(x, w, 1, 1, 1))
    arrays = x.transpose(0, 2, 3, 1), w.transpose(2, 3, 1, 0)
    last = [tensors(each.shape)[0][0] for each in arrays]
    made = topi.nn.conv2d_winograd_nhwc(*last, 1, 1, 1, "float32")
    want = convolved(x, w, 1, 1, 1).transpose(0, 2, 3, 1)
    check(made, list(zip(last, arrays, strict=True)), want)
    with pytest.raises(NotOfferedError, match="transformed weights"):
        topi.nn.conv2d_winograd_nchw(a, b, 1, 1, 1, "float32", True)
