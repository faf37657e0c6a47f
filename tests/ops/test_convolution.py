import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops import resolve
from autosched.ops.convolution import conv2d
from tests.ops.cases import check

SHAPES = [
    "ci=4 h=9 w=7 co=6 k=3",
    "ci=4 h=9 w=7 co=6 k=3 padding=1",
    "ci=3 h=11 w=13 co=5 k=3 stride=2 padding=1",
    "ci=3 h=11 w=13 co=5 k=3 stride=3 padding=2 dilation=2",
    "n=2 ci=4 h=9 w=7 co=6 k=1 stride=2",
    "ci=4 h=9 w=7 co=6 kh=1 kw=3",
    "ci=4 h=9 w=7 co=6 k=3 padding=1 groups=2",
    "ci=6 h=7 w=7 co=12 k=3 padding=1 groups=3 bias=true relu=true",
    "ci=1 h=1 w=1 co=1 k=1",
    "ci=1 h=5 w=5 co=1 k=5",
    "ci=5 h=7 w=7 co=3 k=7 padding=3 bias=true",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_numpy(shape):
    check(f"conv2d {shape}", atol=1e-5)


@pytest.mark.parametrize(
    "command",
    [
        "conv1d ci=4 w=11 co=6 k=3 padding=1 stride=2",
        "conv1d ci=4 w=1 co=3 k=1 bias=true",
        "conv1d n=2 ci=6 w=7 co=9 k=5 dilation=2 padding=4 groups=3 relu=true",
        "conv3d ci=3 d=5 h=7 w=4 co=5 k=3 padding=1",
        "conv3d ci=4 d=5 h=6 w=5 co=6 k=2 stride=2 groups=2 bias=true relu=true",
        "conv3d ci=1 d=1 h=1 w=1 co=1 k=1",
    ],
)
def test_other_numbers_of_spatial_axes(command):
    check(command, atol=1e-5)


@pytest.mark.parametrize("bias", ["true", "false"])
def test_a_residual_is_added_before_relu(bias):
    instance = check(f"conv2d ci=4 h=9 w=7 co=6 padding=1 bias={bias} residual=true relu=true")
    assert instance.inputs[-1].name == "residual"


def test_small_integers_may_be_summed_in_larger_ones():
    check("conv2d ci=4 h=9 w=7 co=6 dtype=int8 out_dtype=int32 bias=true")


def test_integers():
    check("conv2d ci=4 h=9 w=7 co=6 k=3 padding=1 dtype=int32 relu=true")


def test_only_weights_are_constants_and_padding_is_a_stage():
    instance = check("conv2d ci=4 h=9 w=7 co=6 padding=1 bias=true")
    assert [tensor.op.constant for tensor in instance.inputs] == [False, True, True]
    assert instance.flops == 2 * 9 * 7 * 6 * 4 * 9 + 9 * 7 * 6
    convolution = instance.outputs[0].op.input_tensors[0]
    assert [tensor.name for tensor in convolution.op.input_tensors] == ["pad", "weight"]


def test_without_padding_there_is_no_pad_stage():
    instance = check("conv2d ci=4 h=9 w=7 co=6")
    assert [tensor.name for tensor in instance.outputs[0].op.input_tensors] == ["data", "weight"]


def test_height_and_width_may_differ():
    x, w = te.placeholder((1, 2, 9, 9), name="x"), te.placeholder((3, 2, 3, 1), name="w")
    result = conv2d(x, w, stride=(2, 3), padding=(1, 0), dilation=(2, 1))
    assert [extent.value for extent in result.shape] == [1, 3, 4, 3]


x = te.placeholder((1, 4, 9, 7), name="x")
w = te.placeholder((6, 4, 3, 3), name="w")
REFUSED = {
    "expected x of conv2d to have 4 dimensions (n, ci, h, w), got 2": lambda: conv2d(
        te.placeholder((4, 9), name="x"), w
    ),
    "expected dimension 1 of w of conv2d to be 4, got 3": lambda: conv2d(
        x, te.placeholder((6, 3, 3, 3), name="w")
    ),
    "expected dimension 1 of w of conv2d to be 2, got 4": lambda: conv2d(x, w, groups=2),
    "expected groups of conv2d to divide 4 input and 6 output channels, got 4": lambda: conv2d(
        x, w, groups=4
    ),
    "expected groups of conv2d to divide 4 input and 6 output channels, got 0": lambda: conv2d(
        x, w, groups=0
    ),
    "expected one or two integers of at least 1 for stride of conv2d, got 0": lambda: conv2d(
        x, w, stride=0
    ),
    "expected one or two integers of at least 0 for padding of conv2d, got (1, -1)": lambda: conv2d(
        x, w, padding=(1, -1)
    ),
    "expected one or two integers of at least 1 for dilation of conv2d, got (1, 2, 3)": (
        lambda: conv2d(x, w, dilation=(1, 2, 3))
    ),
    "expected the window of conv2d to fit into the padded width 7, got a window of 9": (
        lambda: conv2d(x, w, dilation=4)
    ),
    "expected dimension 0 of b of conv2d to be 6, got 4": lambda: conv2d(
        x, w, te.placeholder((4,), name="b")
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_invalid_arguments_are_refused(sentence):
    with pytest.raises(ExpressionError) as caught:
        REFUSED[sentence]()
    assert caught.value.message == sentence


@pytest.mark.parametrize("activation", ["gelu", "silu", "hard_swish", "mish", "tanh", "sigmoid"])
def test_an_activation_comes_last(activation):
    words = f"bias=true residual=true activation={activation}"
    check(f"conv2d ci=4 h=9 w=7 co=6 padding=1 {words}", atol=1e-5)
    check(f"conv1d ci=4 w=9 co=6 activation={activation}", atol=1e-5)
    check(f"depthwise_conv2d c=4 h=9 w=7 multiplier=2 bias=true activation={activation}", atol=1e-5)


def test_relu_is_an_activation():
    sizes = {"ci": 1, "h": 3, "w": 3, "co": 1}
    relu = resolve("conv2d", {**sizes, "relu": True})
    assert resolve("conv2d", {**sizes, "activation": "relu"}).key == relu.key
    with pytest.raises(ExpressionError, match="relu or another activation of conv2d, got relu and"):
        resolve("conv2d", {**sizes, "relu": True, "activation": "gelu"})


@pytest.mark.parametrize("name", ["conv2d", "conv2d_int8"])
def test_more_groups_than_channels_are_refused_by_their_number(name):
    sizes = {"ci": 2, "h": 5, "w": 5, "co": 4}
    with pytest.raises(ExpressionError, match="groups of conv2d to divide 2 input and 4 output"):
        resolve(name, {**sizes, "groups": 4})
