"""The int8 workloads: images in layout NCHW, sums in 32 bits, results shifted back to 8 bits.

A result is `clip((sum >> shift) + bias, -128, 127)`; with `relu` the lower bound is 0.
"""

from __future__ import annotations

from autosched import te
from autosched.ops import reference_int8, reference_windows
from autosched.ops.conv2d_int8 import conv2d_int8, depthwise_conv2d_int8
from autosched.ops.conv2d_transpose_int8 import conv2d_transpose_int8
from autosched.ops.dense_int8 import dense_int8, matmul_int8
from autosched.ops.elementwise_int8 import add_int8, multiply_int8, relu_int8
from autosched.ops.pool2d_int8 import avg_pool2d_int8, max_pool2d_int8
from autosched.ops.registry import workload
from autosched.ops.requantize import requantize
from autosched.ops.workloads import Tensors, given
from autosched.te.tensor import Tensor


@workload(name="conv2d_int8", reference=reference_int8.conv2d)
def conv2d_workload(
    *, n: int = 1, ci: int, h: int, w: int, co: int,
    k: int = 3, kh: int | None = None, kw: int | None = None,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    shift: int = 8, bias: bool = False, relu: bool = False,
) -> Tensors:  # fmt: skip
    """A convolution of int8, NCHW: ci channels of h x w to co, windows k x k (or kh x kw)."""
    kernel = (k if kh is None else kh, k if kw is None else kw)
    per_group = ci // groups if 0 < groups <= ci else ci
    x, weight = _image(n, ci, h, w), _weight(co, per_group, *kernel)
    biases = _bias(co) if bias else None
    result = conv2d_int8(x, weight, biases, stride, padding, dilation, groups, shift, relu)
    return given(x, weight, biases, result)


@workload(name="depthwise_conv2d_int8", reference=reference_int8.depthwise_conv2d)
def depthwise_conv2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int = 3,
    stride: int = 1, padding: int = 0, dilation: int = 1,
    shift: int = 8, bias: bool = False, relu: bool = False,
) -> Tensors:  # fmt: skip
    """A convolution of each of c channels of int8 with its own k x k filter, NCHW."""
    x, weight, biases = _image(n, c, h, w), _weight(c, k, k), _bias(c) if bias else None
    result = depthwise_conv2d_int8(x, weight, biases, stride, padding, dilation, shift, relu)
    return given(x, weight, biases, result)


@workload(name="conv2d_transpose_int8", reference=reference_int8.conv2d_transpose)
def conv2d_transpose_workload(
    *, n: int = 1, ci: int, h: int, w: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, output_padding: int = 0,
    shift: int = 8, bias: bool = False, relu: bool = False,
) -> Tensors:  # fmt: skip
    """A transposed convolution of int8, NCHW: h x w to (h - 1) * stride - 2 * padding + k."""
    x, weight, biases = _image(n, ci, h, w), _weight(ci, co, k, k), _bias(co) if bias else None
    result = conv2d_transpose_int8(x, weight, biases, stride, padding, output_padding, shift, relu)
    return given(x, weight, biases, result)


@workload(name="dense_int8", reference=reference_int8.dense)
def dense_workload(
    *, m: int, n: int, k: int, shift: int = 8, bias: bool = False, relu: bool = False
) -> Tensors:
    """A fully connected layer of int8: m rows of k values, n x k weights."""
    x, weight = te.placeholder((m, k), "int8", name="data"), _weight(n, k)
    biases = _bias(n) if bias else None
    return given(x, weight, biases, dense_int8(x, weight, biases, shift, relu))


@workload(name="matmul_int8", reference=reference_int8.matmul)
def matmul_workload(*, m: int, n: int, k: int, shift: int = 8, relu: bool = False) -> Tensors:
    """The product of an m x k and a k x n matrix of int8."""
    a = te.placeholder((m, k), "int8", name="A")
    b = te.placeholder((k, n), "int8", name="B")
    return [a, b, matmul_int8(a, b, shift, relu)]


@workload(name="requantize", reference=reference_int8.requantize)
def requantize_workload(
    *, n: int = 1, c: int, h: int, w: int, shift: int = 8, bias: bool = False, relu: bool = False
) -> Tensors:
    """32-bit sums to int8, NCHW: shifted, with a bias for each channel, and clipped."""
    x, biases = te.placeholder((n, c, h, w), "int32", name="data"), _bias(c) if bias else None
    return given(x, biases, requantize(x, biases, shift, relu))


@workload(name="relu_int8", reference=reference_int8.relu)
def relu_workload(*, n: int = 1, c: int, h: int, w: int) -> Tensors:
    """max(x, 0) of int8, NCHW."""
    x = _image(n, c, h, w)
    return [x, relu_int8(x)]


@workload(name="add_int8", reference=reference_int8.add)
def add_workload(
    *, n: int = 1, c: int, h: int, w: int, shift: int = 0, relu: bool = False
) -> Tensors:
    """The sum of two int8 tensors, NCHW, shifted and clipped."""
    a, b = _image(n, c, h, w, "A"), _image(n, c, h, w, "B")
    return [a, b, add_int8(a, b, shift, relu)]


@workload(name="multiply_int8", reference=reference_int8.multiply)
def multiply_workload(
    *, n: int = 1, c: int, h: int, w: int, shift: int = 0, relu: bool = False
) -> Tensors:
    """The product of two int8 tensors element by element, NCHW, shifted and clipped.

    On an accelerator it takes the ALU's MUL, which the simulators and the OpenCL design have
    and the Chisel and HLS designs do not.
    """
    a, b = _image(n, c, h, w, "A"), _image(n, c, h, w, "B")
    return [a, b, multiply_int8(a, b, shift, relu)]


@workload(name="max_pool2d_int8", reference=reference_windows.max_pool)
def max_pool2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int, stride: int = 1, padding: int = 0
) -> Tensors:
    """The maximum of each k x k window of int8, NCHW."""
    x = _image(n, c, h, w)
    return [x, max_pool2d_int8(x, k, stride, padding)]


@workload(name="avg_pool2d_int8", reference=reference_int8.avg_pool2d)
def avg_pool2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int, stride: int = 1, padding: int = 0
) -> Tensors:
    """The mean of each k x k window of int8, NCHW, rounded; padding counts as zeros."""
    x = _image(n, c, h, w)
    return [x, avg_pool2d_int8(x, k, stride, padding)]


def _image(n: int, c: int, h: int, w: int, name: str = "data") -> Tensor:
    return te.placeholder((n, c, h, w), "int8", name=name)


def _weight(*shape: int) -> Tensor:
    return te.placeholder(shape, "int8", name="weight", constant=True)


def _bias(channels: int) -> Tensor:
    return te.placeholder((channels,), "int32", name="bias", constant=True)
