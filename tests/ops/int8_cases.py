"""Int8 workloads drawn at random, and inputs over the whole range of their dtypes."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from autosched.errors import ExpressionError, WorkloadError
from autosched.ops import resolve

small = st.integers(1, 3)
sides = st.integers(1, 7)
channels = st.integers(1, 40)
flags = st.booleans()
shifts = st.integers(0, 12)
image = {"n": st.integers(1, 5), "h": sides, "w": sides}
window = {"k": small, "stride": small, "padding": st.integers(0, 4)}
finish = {"shift": shifts, "relu": flags}
SPACES = {
    "conv2d_int8": {
        **image,
        **window,
        **finish,
        "ci": channels,
        "co": channels,
        "dilation": small,
        "bias": flags,
    },
    "depthwise_conv2d_int8": {
        **image,
        **window,
        **finish,
        "c": channels,
        "dilation": small,
        "bias": flags,
    },
    "conv2d_transpose_int8": {
        **image,
        **finish,
        "ci": channels,
        "co": channels,
        "k": st.integers(1, 5),
        "stride": small,
        "padding": st.integers(0, 4),
        "output_padding": st.integers(0, 2),
        "bias": flags,
    },
    "dense_int8": {**finish, "m": sides, "n": channels, "k": channels, "bias": flags},
    "matmul_int8": {**finish, "m": sides, "n": channels, "k": channels},
    "requantize": {**image, **finish, "c": channels, "bias": flags},
    "relu_int8": {**image, "c": channels},
    "add_int8": {**image, **finish, "c": channels},
    "multiply_int8": {**image, **finish, "c": channels},
    "max_pool2d_int8": {**image, **window, "c": channels},
    "avg_pool2d_int8": {**image, **window, "c": channels},
}


@st.composite
def grouped(draw):
    """A convolution in groups."""
    groups, inputs, outputs = draw(st.integers(2, 20)), draw(sides), draw(sides)
    return {
        **{name: draw(space) for name, space in {**image, **window, **finish}.items()},
        "groups": groups,
        "ci": groups * inputs,
        "co": groups * outputs,
        "bias": draw(flags),
    }


@st.composite
def instances(draw):
    """A workload whose sizes fit together."""
    name = draw(st.sampled_from([*SPACES, "grouped"]))
    if name == "grouped":
        name, params = "conv2d_int8", draw(grouped())
    else:
        params = draw(st.fixed_dictionaries(SPACES[name]))
    try:
        return resolve(name, params)
    except (ExpressionError, WorkloadError):
        assume(False)


def arrays_of(instance, seed=0):
    """Arrays for the inputs: int8 over its range, sums of 20 bits."""
    rng = np.random.default_rng(seed)
    arrays = []
    for tensor in instance.inputs:
        shape = [extent.value for extent in tensor.shape]
        reach = 128 if tensor.dtype.name == "int8" else 1 << 20
        arrays.append(rng.integers(-reach, reach, shape).astype(tensor.dtype.numpy))
    return arrays


def same(got, wanted):
    """Arrays equal in value, shape and dtype."""
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, strict=True)
