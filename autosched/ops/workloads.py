"""The workloads of autosched. Weights are constants; the operands of a matmul are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from autosched import te
from autosched.ops import elementwise, reference
from autosched.ops.batch_matmul import batch_matmul
from autosched.ops.convolution import conv2d
from autosched.ops.dense import dense
from autosched.ops.depthwise_conv2d import depthwise_conv2d
from autosched.ops.layer_norm import layer_norm
from autosched.ops.matmul import matmul
from autosched.ops.pool2d import avg_pool2d, max_pool2d
from autosched.ops.registry import workload
from autosched.ops.softmax import softmax
from autosched.te.tensor import Tensor

__all__ = ["workload"]

Tensors = list[Tensor]


@workload(name="matmul", reference=reference.matmul)
def matmul_workload(
    *, m: int, n: int, k: int, dtype: str = "float32", out_dtype: str = ""
) -> Tensors:
    """The product of an m x k and a k x n matrix, summed in out_dtype (by default dtype)."""
    a = te.placeholder((m, k), dtype, name="A")
    b = te.placeholder((k, n), dtype, name="B")
    return [a, b, matmul(a, b, out_dtype or None)]


@workload(name="batch_matmul", reference=reference.batch_matmul)
def batch_matmul_workload(*, b: int, m: int, n: int, k: int, dtype: str = "float32") -> Tensors:
    """A batch of b products of an m x k and a k x n matrix."""
    left = te.placeholder((b, m, k), dtype, name="A")
    right = te.placeholder((b, k, n), dtype, name="B")
    return [left, right, batch_matmul(left, right)]


@workload(name="dense", reference=reference.dense)
def dense_workload(
    *, m: int, n: int, k: int, bias: bool = False,
    activation: Literal["none", "relu", "gelu", "tanh", "sigmoid"] = "none",
    dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A fully connected layer: m rows of k values, n x k weights, optional bias and activation."""
    x = te.placeholder((m, k), dtype, name="data")
    weight = te.placeholder((n, k), dtype, name="weight", constant=True)
    biases = te.placeholder((n,), dtype, name="bias", constant=True) if bias else None
    return given(x, weight, biases, dense(x, weight, biases, activation))


@workload(name="conv2d", reference=reference.conv2d)
def conv2d_workload(
    *, n: int = 1, ci: int, h: int, w: int, co: int,
    k: int = 3, kh: int | None = None, kw: int | None = None,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, relu: bool = False, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A convolution, NCHW: ci channels of h x w to co, windows k x k (or kh x kw)."""
    x = te.placeholder((n, ci, h, w), dtype, name="data")
    kernel = (k if kh is None else kh, k if kw is None else kw)
    shape = (co, ci // groups if groups > 0 else ci, *kernel)
    weight = te.placeholder(shape, dtype, name="weight", constant=True)
    biases = te.placeholder((co,), dtype, name="bias", constant=True) if bias else None
    result = conv2d(x, weight, biases, stride, padding, dilation, groups, relu)
    return given(x, weight, biases, result)


@workload(name="depthwise_conv2d", reference=reference.depthwise_conv2d)
def depthwise_conv2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int = 3,
    stride: int = 1, padding: int = 0, dilation: int = 1, multiplier: int = 1,
    bias: bool = False, relu: bool = False, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """A convolution of each of c channels with `multiplier` k x k filters of its own, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    filters = c * multiplier
    weight = te.placeholder((filters, k, k), dtype, name="weight", constant=True)
    biases = te.placeholder((filters,), dtype, name="bias", constant=True) if bias else None
    result = depthwise_conv2d(
        x, weight, biases, stride, padding, dilation, relu, multiplier=multiplier
    )
    return given(x, weight, biases, result)


@workload(name="max_pool2d", reference=reference.max_pool2d)
def max_pool2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int,
    stride: int = 1, padding: int = 0, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The maximum of each k x k window, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    return [x, max_pool2d(x, k, stride, padding)]


@workload(name="avg_pool2d", reference=reference.avg_pool2d)
def avg_pool2d_workload(
    *, n: int = 1, c: int, h: int, w: int, k: int,
    stride: int = 1, padding: int = 0, count_include_pad: bool = True, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """The mean of each k x k window, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    return [x, avg_pool2d(x, k, stride, padding, count_include_pad)]


@workload(name="softmax", reference=reference.softmax)
def softmax_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """Softmax over each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, softmax(x)]


@workload(name="layer_norm", reference=reference.layer_norm)
def layer_norm_workload(
    *, m: int, n: int, epsilon: float = 1e-5, dtype: str = "float32"
) -> Tensors:
    """Layer normalisation over each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    gamma = te.placeholder((n,), dtype, name="gamma", constant=True)
    beta = te.placeholder((n,), dtype, name="beta", constant=True)
    return [x, gamma, beta, layer_norm(x, gamma, beta, epsilon)]


def given(*tensors: Tensor | None) -> Tensors:
    """Return the tensors of a workload without optional ones that are None."""
    return [tensor for tensor in tensors if tensor is not None]


def _register_elementwise(name: str, operands: Sequence[str], summary: str) -> None:
    """Register the operator `name` of `elementwise` on m x n matrices with these names."""
    operator = getattr(elementwise, name)

    def build(*, m: int, n: int, dtype: str = "float32") -> Tensors:
        tensors = [te.placeholder((m, n), dtype, name=operand) for operand in operands]
        return [*tensors, operator(*tensors)]

    build.__doc__ = f"{name} of {summary}."
    workload(name=name, reference=reference.ELEMENTWISE[name])(build)


for _name in ("relu", "gelu", "sigmoid", "tanh", "exp"):
    _register_elementwise(_name, ("data",), "each element of an m x n matrix")
for _name in ("add", "mul"):
    _register_elementwise(_name, ("A", "B"), "two m x n matrices, element by element")
