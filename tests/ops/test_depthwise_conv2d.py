import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.depthwise_conv2d import depthwise_conv2d
from tests.ops.cases import check

SHAPES = [
    "c=5 h=11 w=13",
    "c=5 h=11 w=13 stride=2 padding=1",
    "n=2 c=3 h=7 w=7 k=5 padding=2 bias=true relu=true",
    "c=3 h=9 w=9 padding=2 dilation=2",
    "c=1 h=1 w=1 k=1",
    "c=3 h=7 w=5 multiplier=2 bias=true",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_agrees_with_numpy(shape, dtype):
    check(f"depthwise_conv2d {shape} dtype={dtype}")


def test_other_channels_are_refused():
    x, w = te.placeholder((1, 4, 9, 7), name="x"), te.placeholder((3, 3, 3), name="w")
    with pytest.raises(ExpressionError, match="dimension 0 of w of depthwise_conv2d to be 4"):
        depthwise_conv2d(x, w)
