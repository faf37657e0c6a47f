import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.ops.workloads_windows import conv2d_transpose_workload
from tests.ops.cases import check


@pytest.mark.parametrize(
    "command",
    [
        "conv1d_transpose ci=3 w=7 co=5 k=4 stride=3 padding=1 output_padding=2",
        "conv1d_transpose ci=1 w=1 co=1 k=1",
        "conv2d_transpose ci=4 h=5 w=3 co=6 k=3",
        "conv2d_transpose ci=4 h=5 w=3 co=6 k=4 stride=2 padding=1 bias=true relu=true",
        "conv2d_transpose n=2 ci=3 h=5 w=3 co=2 k=2 stride=3 output_padding=1",
        "conv3d_transpose ci=2 d=3 h=4 w=2 co=3 k=3 stride=2 padding=1 output_padding=1",
        "conv1d_transpose ci=3 w=7 co=5 k=4 stride=3 padding=2 dilation=2 output_padding=2",
        "conv1d_transpose ci=2 w=5 co=2 k=2 stride=2 padding=3 dilation=5 output_padding=4",
        "conv1d_transpose ci=2 w=2 co=2 k=5 stride=4 padding=1 dilation=6 bias=true",
        "conv2d_transpose ci=4 h=5 w=3 co=6 k=3 dilation=2 groups=2 padding=1",
        "conv2d_transpose ci=6 h=1 w=3 co=3 k=2 stride=3 dilation=3 groups=3 bias=true relu=true",
        "conv2d_transpose ci=3 h=2 w=1 co=3 k=3 stride=2 dilation=3 groups=3",
        "conv3d_transpose ci=2 d=3 h=1 w=2 co=3 k=3 stride=3 dilation=2 padding=1",
        "conv1d_transpose ci=1 w=3 co=2 k=1 stride=6 dilation=4 padding=1",
    ],
)
def test_agrees_with_numpy(command):
    check(command, atol=1e-5)


def test_paddings_that_leave_nothing_are_refused():
    x, w = te.placeholder((1, 2, 3), name="x"), te.placeholder((2, 4, 3), name="w")
    with pytest.raises(ExpressionError, match="leaves a part of the result, got 3 on both sides"):
        transposed_convolution(x, w, padding=3)
    with pytest.raises(ExpressionError, match="to divide 2 input channels, got 3"):
        transposed_convolution(x, w, groups=3)
    for groups in (0, 3):
        with pytest.raises(ExpressionError, match=f"to divide 10 output channels, got {groups}"):
            conv2d_transpose_workload(ci=6, h=5, w=5, co=10, groups=groups)
    with pytest.raises(ExpressionError, match="output_padding of conv_transpose below the stride"):
        transposed_convolution(x, w, output_padding=1)
