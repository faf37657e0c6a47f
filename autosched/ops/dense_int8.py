"""Products of int8 matrices, summed in int32 and requantized."""

from __future__ import annotations

from autosched.ops.checks import check_dtype
from autosched.ops.dense import dense
from autosched.ops.matmul import matmul
from autosched.ops.requantize import requantize
from autosched.te.tensor import Tensor


def dense_int8(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    shift: int = 8,
    relu: bool = False,
    name: str = "dense",
) -> Tensor:
    """`x @ weight.T` of int8 (m, k) and (n, k) in int32, then `requantize` with `bias` (n)."""
    check_dtype(name, "int8", x, weight)
    return requantize(dense(x, weight, out_dtype="int32", name=name), bias, shift, relu)


def matmul_int8(
    a: Tensor, b: Tensor, shift: int = 8, relu: bool = False, name: str = "matmul"
) -> Tensor:
    """`a @ b` of int8 (m, k) and (k, n) in int32, then `requantize` to int8."""
    check_dtype(name, "int8", a, b)
    return requantize(matmul(a, b, "int32", name), None, shift, relu)
