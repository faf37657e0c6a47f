import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import te, topi
from tests.tvm.topi.checks import check, tensors

BOXES = np.array([[0.2, 0.3, 0.7, 0.9], [0, 1, 1.25, -0.5], [0.5, 0.5, 0.5, 0.5]], "float32")


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("method", ["bilinear", "nearest_neighbor"])
@pytest.mark.parametrize("size", [(3, 5), (1, 1)])
def test_boxes(layout, method, size):
    (a, x) = tensors((2, 5, 6, 3) if layout == "NHWC" else (2, 3, 5, 6))[0]
    b, i = te.placeholder(BOXES.shape), te.placeholder((3,), "int32")
    which = np.array([1, 0, 1], "int32")
    options = (size, layout, method, -7.0)
    wanted = topi.testing.crop_and_resize_python(x, BOXES, which, *options)
    found = topi.image.crop_and_resize(a, b, i, *options)
    check(found, [(a, x), (b, BOXES), (i, which)], wanted, rtol=1e-4, atol=1e-4)


def test_a_layout_that_is_not_known():
    (a, _), (b, _), (i, _) = tensors((1, 1, 1, 1), (1, 4), (1,))
    with pytest.raises(ExpressionError, match="got bilinear of HWCN"):
        topi.image.crop_and_resize(a, b, i, (1, 1), "HWCN")
