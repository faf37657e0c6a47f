import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.ops import reference_windows as reference
from autosched.tvm import topi
from autosched.tvm.topi import testing
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize(
    ("stride", "padding", "more"), [(1, 0, 0), (2, 1, 0), (3, 0, 2), (2, 1, 1)]
)
def test_images(stride, padding, more):
    (a, x), (b, w) = given = tensors((1, 3, 4, 5), (3, 2, 3, 4))
    want = reference.transposed_convolution(
        x, w, stride=stride, padding=padding, output_padding=more
    )
    made = topi.nn.conv2d_transpose_nchw(a, b, stride, padding, "float32", more)
    check(made, given, want)


def test_one_axis_and_three_with_paddings_by_side():
    (a, x), (b, w) = given = tensors((2, 3, 5), (3, 2, 4))
    full = reference.transposed_convolution(x, w, stride=2)
    made = topi.nn.conv1d_transpose_ncw(a, b, 2, (2, 1), "float32", 0)
    check(made, given, full[..., 2:-1])
    (a, x), (b, w) = given = tensors((1, 2, 3, 2, 4), (2, 3, 2, 3, 2))
    full = reference.transposed_convolution(x, w, stride=2)
    check(topi.nn.conv3d_transpose_ncdhw(a, b, 2, 0, "float32", 0), given, full)
    assert np.isfinite(full).all()


def test_groups():
    (a, x), (b, w) = given = tensors((1, 4, 5), (4, 3, 4))
    want = testing.group_conv1d_transpose_ncw_python(x, w, 2, (1, 2), 1, 2)
    made = topi.nn.group_conv1d_transpose_ncw(a, b, 2, (1, 2), "float32", 1, 2)
    check(made, given, want)
    (a, x), (b, w) = given = tensors((2, 4, 3, 4), (4, 1, 3, 2))
    want = testing.conv2d_transpose_nchw_python(x, w, (2, 1), (1, 0), 0, 2)
    check(topi.nn.group_conv2d_transpose_nchw(a, b, (2, 1), (1, 0), "float32", 0, 2), given, want)
    (a, x), (b, w) = given = tensors((1, 2, 2, 3, 2), (2, 2, 2, 3, 1))
    want = testing.conv3d_transpose_ncdhw_python(x, w, (1, 2, 2), 0, 0, 2)
    made = topi.nn.group_conv3d_transpose_ncdhw(a, b, (1, 2, 2), 0, "float32", 0, 2)
    check(made, given, want)
    with pytest.raises(
        ExpressionError, match="extent of at least 1 in dimension 2 of conv_transpose_crop"
    ):
        topi.nn.group_conv3d_transpose_ncdhw(a, b, 1, 2, "float32", 0, 2)
