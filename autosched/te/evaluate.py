"""Evaluates tensors with NumPy: the reference for compiled kernels.

It shares no code with schedules and lowering, so it can verify them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from autosched.errors import ArgumentError
from autosched.ir import expr as e
from autosched.te.arrays import Array, from_storage, to_storage
from autosched.te.computation import Computation, size_value
from autosched.te.dag import topological_order
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp, Tensor


def evaluate(
    tensors: Sequence[Tensor],
    inputs: Mapping[Tensor, Array],
    sizes: Mapping[e.Var, int] | None = None,
    accumulate: Literal["float64"] | None = None,
    bounds: Literal["check", "clamp"] = "check",
) -> list[Array]:
    """Return the values of the tensors; `inputs` has arrays for the placeholders they need.

    A size that is the extent of a placeholder is taken from its array. Floats are reduced in
    their own dtype, or with `accumulate="float64"` in float64, which rounds once at the end. A
    bfloat16 array holds its bits in uint16. Raises `ArgumentError` if an array has a wrong
    shape or dtype, and `ExpressionError` if an element has no value: because of a read outside
    a tensor or an integer division by zero. With `bounds="clamp"` a read at an index from data
    gives the nearest element instead.
    """
    order = topological_order(tensors)
    known = _bind_sizes(order, inputs, dict(sizes or {}))
    values: dict[Tensor, Array] = {}
    for op in order:
        if isinstance(op, ComputeOp):
            wide, clamp = accumulate == "float64", bounds == "clamp"
            values.update(Computation(op, known, values, wide, clamp).results())
        else:
            tensor = op.outputs[0]
            values[tensor] = from_storage(_checked(tensor, inputs, known), tensor.dtype)
    return [to_storage(values[tensor], tensor.dtype) for tensor in tensors]


def _bind_sizes(
    order: Sequence[Operation], inputs: Mapping[Tensor, Array], sizes: dict[e.Var, int]
) -> dict[e.Var, int]:
    for op in order:
        tensor = op.outputs[0]
        if not isinstance(op, PlaceholderOp) or tensor not in inputs:
            continue
        for extent, length in zip(tensor.shape, np.shape(inputs[tensor]), strict=False):
            if isinstance(extent, e.Var):
                sizes.setdefault(extent, length)
    return sizes


def _checked(tensor: Tensor, inputs: Mapping[Tensor, Array], sizes: dict[e.Var, int]) -> Array:
    if tensor not in inputs:
        raise ArgumentError(f"expected an array for the placeholder {tensor.name}, got none")
    array = np.asarray(inputs[tensor])
    shape = tuple(size_value(extent, sizes, tensor.name) for extent in tensor.shape)
    if array.shape != shape or array.dtype != tensor.dtype.numpy:
        raise ArgumentError(
            f"expected an array of shape {shape} and dtype {tensor.dtype.numpy} for "
            f"{tensor.name}, got shape {array.shape} and dtype {array.dtype}"
        )
    return array
