"""The int8 operators mean what their NumPy references compute, bit by bit."""

import json

import numpy as np
import pytest
from hypothesis import given

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops import from_spec, reference_int8, resolve
from autosched.ops.conv2d_int8 import conv2d_int8
from autosched.ops.conv2d_transpose_int8 import conv2d_transpose_int8
from autosched.ops.elementwise_int8 import add_int8
from autosched.ops.pool2d_int8 import reciprocal
from autosched.ops.requantize import requantize
from autosched.te.evaluate import evaluate
from tests.ops.int8_cases import arrays_of, instances, same
from tests.properties import examples


@examples(150)
@given(instances())
def test_agree_with_numpy(instance):
    arrays = arrays_of(instance)
    same(instance.reference(arrays), instance.numpy_reference(arrays))


def test_are_encoded_and_decoded():
    instance = resolve("conv2d_int8", {"ci": 4, "h": 5, "w": 5, "co": 6, "bias": True})
    again = from_spec(json.loads(json.dumps(instance.spec)))
    assert again.key == instance.key
    assert [str(t.dtype) for t in again.tensors] == ["int8", "int8", "int32", "int8"]


def test_a_shift_rounds_down_and_a_bias_follows_it():
    sums = np.array([[-257, -256, -1, 255, 256, 40000]], np.int32).T[None]
    got = reference_int8.requantize(sums, np.full(6, 3, np.int32), shift=8)
    assert got.ravel().tolist() == [1, 2, 2, 3, 4, 127]
    x, bias = te.placeholder((1, 6, 1), "int32", name="x"), te.placeholder((6,), "int32", name="b")
    made = evaluate([requantize(x, bias, 8)], {x: sums, bias: np.full(6, 3, np.int32)})
    same(made, [got])


def test_a_transposed_convolution_by_hand():
    x, w = np.array([[[[1, 2]]]], np.int8), np.array([[[[1, 10, 100]]]], np.int8)
    got = reference_int8.conv2d_transpose(x, w, stride=2, shift=0)
    assert got.tolist() == [[[[1, 10, 102, 20, 127]]]]


def test_an_average_rounds_halves_up():
    x = np.array([[[[1, 2], [1, 2]], [[-1, -2], [-1, -2]]]], np.int8)
    assert reference_int8.avg_pool2d(x, k=2).ravel().tolist() == [2, -1]


@pytest.mark.parametrize("points", [*range(1, 500), 12544, 66052])
def test_reciprocals_are_close(points):
    multiplier, shift = reciprocal(points)
    assert 1 <= multiplier <= 127
    assert abs(multiplier * points / 2**shift - 1) < 0.008
    # The greatest sum, scaled and rounded, stays within 32 bits.
    assert 128 * points * multiplier + (1 << shift) < 1 << 31


x = te.placeholder((1, 4, 9, 7), "int8", name="x")
w = te.placeholder((4, 6, 3, 3), "int8", name="w")
f = te.placeholder((1, 4, 9, 7), name="f")
REFUSED = {
    "expected the dtype int8 for f of conv2d, got float32": lambda: conv2d_int8(f, w),
    "expected a shift of 0 to 31 bits for requantize, got 32": lambda: add_int8(x, x, 32),
    "expected the dtype int32 for x of requantize, got int8": lambda: requantize(x),
    "expected the dtype int32 for w of requantize, got int8": lambda: conv2d_int8(
        x,
        te.placeholder((6, 4, 3, 3), "int8", name="v"),
        te.placeholder((6,), "int8", name="w"),
    ),
    "expected an output_padding of conv2d_transpose below the stride 2 or the dilation 1, "
    "got 2": (
        lambda: conv2d_transpose_int8(x, w, stride=2, output_padding=2)
    ),
    "expected a padding of conv2d_transpose that leaves a part of the result, got 5 on both "
    "sides of 9": lambda: conv2d_transpose_int8(x, w, padding=5),
    "expected a window of at most 66052 points to average, got 66053": lambda: reciprocal(66053),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_invalid_arguments_are_refused(sentence):
    with pytest.raises(ExpressionError) as caught:
        REFUSED[sentence]()
    assert caught.value.message == sentence
