"""The workloads of autosched. Weights are constants; the operands of a matmul are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from autosched import te
from autosched.ops import elementwise, reference
from autosched.ops.dense import dense
from autosched.ops.gated_dense import gated_dense
from autosched.ops.matmul import batch_matmul, matmul
from autosched.ops.registry import workload
from autosched.te.tensor import Tensor

__all__ = ["workload"]

Tensors = list[Tensor]
Activation = Literal[
    "none", "relu", "gelu", "gelu_tanh", "tanh", "sigmoid", "silu", "mish", "hard_swish"
]


@workload(name="matmul", reference=reference.matmul)
def matmul_workload(
    *, m: int, n: int, k: int, transpose_a: bool = False, transpose_b: bool = False,
    constant_b: bool = False, dtype: str = "float32", out_dtype: str = "",
) -> Tensors:  # fmt: skip
    """The product of an m x k and a k x n matrix, summed in out_dtype (by default dtype)."""
    a = te.placeholder((k, m) if transpose_a else (m, k), dtype, name="A")
    b = te.placeholder((n, k) if transpose_b else (k, n), dtype, name="B", constant=constant_b)
    c = matmul(a, b, out_dtype or None, transpose_a=transpose_a, transpose_b=transpose_b)
    return [a, b, c]


@workload(name="batch_matmul", reference=reference.matmul)
def batch_matmul_workload(
    *, b: int, m: int, n: int, k: int, transpose_a: bool = False, transpose_b: bool = False,
    dtype: str = "float32", out_dtype: str = "",
) -> Tensors:  # fmt: skip
    """A batch of b products of an m x k and a k x n matrix."""
    left = te.placeholder((b, k, m) if transpose_a else (b, m, k), dtype, name="A")
    right = te.placeholder((b, n, k) if transpose_b else (b, k, n), dtype, name="B")
    product = batch_matmul(
        left, right, out_dtype=out_dtype or None, transpose_a=transpose_a, transpose_b=transpose_b
    )
    return [left, right, product]


@workload(name="dense", reference=reference.dense)
def dense_workload(
    *, m: int, n: int, k: int, bias: bool = False,
    activation: Activation = "none",
    dtype: str = "float32", out_dtype: str = "",
) -> Tensors:  # fmt: skip
    """A fully connected layer: m rows of k values, n x k weights, optional bias and activation."""
    x = te.placeholder((m, k), dtype, name="data")
    weight = te.placeholder((n, k), dtype, name="weight", constant=True)
    kind = out_dtype or dtype
    biases = te.placeholder((n,), kind, name="bias", constant=True) if bias else None
    return given(x, weight, biases, dense(x, weight, biases, activation, out_dtype or None))


@workload(name="gated_dense", reference=reference.gated_dense)
def gated_dense_workload(
    *, m: int, n: int, k: int, activation: Activation = "silu", dtype: str = "float32"
) -> Tensors:
    """A gated layer: m rows of k values, n x k weights of the gate and of what it gates."""
    x = te.placeholder((m, k), dtype, name="data")
    gate = te.placeholder((n, k), dtype, name="gate_weight", constant=True)
    up = te.placeholder((n, k), dtype, name="up_weight", constant=True)
    return [x, gate, up, gated_dense(x, gate, up, activation)]


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


for _name in (
    "relu", "gelu", "gelu_tanh", "sigmoid", "silu", "mish", "hard_swish", "tanh", "exp"
):  # fmt: skip
    _register_elementwise(_name, ("data",), "each element of an m x n matrix")
for _name in ("add", "mul"):
    _register_elementwise(_name, ("A", "B"), "two m x n matrices, element by element")
