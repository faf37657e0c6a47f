"""The workloads of moving windows, in layout NC and 1 to 3 spatial axes: convolutions, pooling."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops import reference_windows as reference
from autosched.ops.capsule import capsule_conv2d
from autosched.ops.convolution import convolution, finished
from autosched.ops.depthwise_conv2d import depthwise_conv2d
from autosched.ops.elementwise import activated
from autosched.ops.pool import avg_pool, max_pool
from autosched.ops.registry import workload
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.ops.workloads import Activation, Tensors, given
from autosched.te.tensor import Tensor


@workload(name="conv1d", reference=reference.convolution)
def conv1d_workload(
    *, n: int = 1, ci: int, w: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, residual: bool = False, relu: bool = False,
    activation: Activation = "none", dtype: str = "float32", out_dtype: str = "",
) -> Tensors:  # fmt: skip
    """A convolution, NCW: ci channels of w to co, windows of k."""
    x = te.placeholder((n, ci, w), dtype, name="data")
    weight = _filters(co, ci, groups, (k,), dtype)
    return _convolution(
        "conv1d", x, weight, co, bias, residual, _last("conv1d", relu, activation),
        stride, padding, dilation, groups, out_dtype,
    )  # fmt: skip


@workload(name="conv2d", reference=reference.convolution)
def conv2d_workload(
    *, n: int = 1, ci: int, h: int, w: int, co: int,
    k: int = 3, kh: int | None = None, kw: int | None = None,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, residual: bool = False, relu: bool = False,
    activation: Activation = "none", dtype: str = "float32", out_dtype: str = "",
) -> Tensors:  # fmt: skip
    """A convolution, NCHW: ci channels of h x w to co, windows k x k (or kh x kw)."""
    x = te.placeholder((n, ci, h, w), dtype, name="data")
    kernel = (k if kh is None else kh, k if kw is None else kw)
    weight = _filters(co, ci, groups, kernel, dtype)
    return _convolution(
        "conv2d", x, weight, co, bias, residual, _last("conv2d", relu, activation),
        stride, padding, dilation, groups, out_dtype,
    )  # fmt: skip


@workload(name="conv3d", reference=reference.convolution)
def conv3d_workload(
    *, n: int = 1, ci: int, d: int, h: int, w: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, residual: bool = False, relu: bool = False,
    activation: Activation = "none", dtype: str = "float32", out_dtype: str = "",
) -> Tensors:  # fmt: skip
    """A convolution, NCDHW: ci channels of d x h x w to co, windows k x k x k."""
    x = te.placeholder((n, ci, d, h, w), dtype, name="data")
    weight = _filters(co, ci, groups, (k, k, k), dtype)
    return _convolution(
        "conv3d", x, weight, co, bias, residual, _last("conv3d", relu, activation),
        stride, padding, dilation, groups, out_dtype,
    )  # fmt: skip


@workload(name="depthwise_conv2d", reference=reference.depthwise_conv2d)
def depthwise_conv2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int = 3,
    stride: int = 1, padding: int = 0, dilation: int = 1, multiplier: int = 1,
    bias: bool = False, relu: bool = False, activation: Activation = "none",
    dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A convolution of each of c channels with `multiplier` k x k filters of its own, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    filters = c * multiplier
    weight = te.placeholder((filters, k, k), dtype, name="weight", constant=True)
    biases = _biases(bias, filters, dtype)
    result = depthwise_conv2d(x, weight, biases, stride, padding, dilation, multiplier=multiplier)
    last = _last("depthwise_conv2d", relu, activation)
    return given(x, weight, biases, activated(result, last))


@workload(name="conv1d_transpose", reference=reference.transposed_convolution)
def conv1d_transpose_workload(
    *, n: int = 1, ci: int, w: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, relu: bool = False, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A transposed convolution, NCW: w to (w - 1) * stride - 2 * padding + k."""
    x = te.placeholder((n, ci, w), dtype, name="data")
    return _transposed(
        "conv1d_transpose", x, co, (k,), bias, relu,
        stride, padding, output_padding, dilation, groups,
    )  # fmt: skip


@workload(name="conv2d_transpose", reference=reference.transposed_convolution)
def conv2d_transpose_workload(
    *, n: int = 1, ci: int, h: int, w: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, relu: bool = False, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A transposed convolution, NCHW: h x w to (h - 1) * stride - 2 * padding + k."""
    x = te.placeholder((n, ci, h, w), dtype, name="data")
    return _transposed(
        "conv2d_transpose", x, co, (k, k), bias, relu,
        stride, padding, output_padding, dilation, groups,
    )  # fmt: skip


@workload(name="conv3d_transpose", reference=reference.transposed_convolution)
def conv3d_transpose_workload(
    *, n: int = 1, ci: int, d: int, h: int, w: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, relu: bool = False, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A transposed convolution, NCDHW: d x h x w to (d - 1) * stride - 2 * padding + k."""
    x = te.placeholder((n, ci, d, h, w), dtype, name="data")
    return _transposed(
        "conv3d_transpose", x, co, (k, k, k), bias, relu,
        stride, padding, output_padding, dilation, groups,
    )  # fmt: skip


@workload(name="capsule_conv2d", reference=reference.capsule_conv2d)
def capsule_conv2d_workload(
    *, n: int = 1, h: int, w: int, ci: int, co: int, k: int = 3,
    stride: int = 1, padding: int = 0, capsule: int = 4, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A convolution of capsule x capsule matrices, NHW: each product is one of matrices."""
    x = te.placeholder((n, h, w, capsule, capsule, ci), dtype, name="data")
    weight = te.placeholder((k, k, capsule, capsule, ci, co), dtype, name="weight", constant=True)
    return [x, weight, capsule_conv2d(x, weight, stride, padding)]


@workload(name="max_pool1d", reference=reference.max_pool)
def max_pool1d_workload(
    *, n: int = 1, c: int, w: int, k: int,
    stride: int = 1, padding: int = 0, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The maximum of each window of k elements, NCW."""
    x = te.placeholder((n, c, w), dtype, name="data")
    return [x, max_pool(x, k, stride, padding, "max_pool1d")]


@workload(name="avg_pool1d", reference=reference.avg_pool)
def avg_pool1d_workload(
    *, n: int = 1, c: int, w: int, k: int,
    stride: int = 1, padding: int = 0, count_include_pad: bool = True, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The mean of each window of k elements, NCW."""
    x = te.placeholder((n, c, w), dtype, name="data")
    return [x, avg_pool(x, k, stride, padding, count_include_pad, "avg_pool1d")]


@workload(name="max_pool2d", reference=reference.max_pool)
def max_pool2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int,
    stride: int = 1, padding: int = 0, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The maximum of each k x k window, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    return [x, max_pool(x, k, stride, padding, "max_pool2d")]


@workload(name="avg_pool2d", reference=reference.avg_pool)
def avg_pool2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int,
    stride: int = 1, padding: int = 0, count_include_pad: bool = True, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The mean of each k x k window, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    return [x, avg_pool(x, k, stride, padding, count_include_pad, "avg_pool2d")]


@workload(name="max_pool3d", reference=reference.max_pool)
def max_pool3d_workload(
    *, n: int = 1, c: int, d: int, h: int, w: int, k: int,
    stride: int = 1, padding: int = 0, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The maximum of each k x k x k window, NCDHW."""
    x = te.placeholder((n, c, d, h, w), dtype, name="data")
    return [x, max_pool(x, k, stride, padding, "max_pool3d")]


@workload(name="avg_pool3d", reference=reference.avg_pool)
def avg_pool3d_workload(
    *, n: int = 1, c: int, d: int, h: int, w: int, k: int,
    stride: int = 1, padding: int = 0, count_include_pad: bool = True, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The mean of each k x k x k window, NCDHW."""
    x = te.placeholder((n, c, d, h, w), dtype, name="data")
    return [x, avg_pool(x, k, stride, padding, count_include_pad, "avg_pool3d")]


def _filters(co: int, ci: int, groups: int, kernel: tuple[int, ...], dtype: str) -> Tensor:
    shape = (co, ci // groups if 0 < groups <= ci else ci, *kernel)
    return te.placeholder(shape, dtype, name="weight", constant=True)


def _biases(wanted: bool, channels: int, dtype: str) -> Tensor | None:
    return te.placeholder((channels,), dtype, name="bias", constant=True) if wanted else None


def _convolution(
    name: str, x: Tensor, weight: Tensor, co: int, bias: bool, residual: bool, activation: str,
    stride: int, padding: int, dilation: int, groups: int, out_dtype: str,
) -> Tensors:  # fmt: skip
    """Return the tensors of a convolution; the residual is an input in the result's shape."""
    steps = (stride, padding, dilation, groups)
    made = convolution(x, weight, None, *steps, out_dtype=out_dtype or None, name=name)
    biases = _biases(bias, co, made.dtype.name)
    added = te.placeholder(made.shape, made.dtype, name="residual") if residual else None
    result = activated(finished(made, biases, False, name, added), activation)
    return given(x, weight, biases, added, result)


def _last(name: str, relu: bool, activation: str) -> str:
    """Return the activation that comes last: `relu` is a short word for one of them."""
    if relu and activation not in ("none", "relu"):
        raise ExpressionError(
            f"expected relu or another activation of {name}, got relu and {activation}"
        )
    return "relu" if relu else activation


def _transposed(
    name: str, x: Tensor, co: int, kernel: tuple[int, ...], bias: bool, relu: bool,
    stride: int, padding: int, output_padding: int, dilation: int, groups: int,
) -> Tensors:  # fmt: skip
    if groups < 1 or co % groups:
        raise ExpressionError(
            f"expected groups of {name} to divide {co} output channels, got {groups}"
        )
    shape = (x.shape[1], co // groups, *kernel)
    weight = te.placeholder(shape, x.dtype, name="weight", constant=True)
    biases = _biases(bias, co, x.dtype.name)
    result = transposed_convolution(
        x, weight, biases, stride, padding, output_padding, relu,
        name=name, dilation=dilation, groups=groups,
    )  # fmt: skip
    return given(x, weight, biases, result)
