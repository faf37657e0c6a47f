"""Evaluates tensors with NumPy, as the reference for compiled kernels; finds limits of inputs.

It shares no code with schedules and lowering, so it can verify them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from autosched.errors import ArgumentError, ExpressionError
from autosched.ir import expr as e
from autosched.ir.expr import Cast, Expr, Var
from autosched.te.arrays import Array, from_storage, to_storage
from autosched.te.check import check_whole, first_row
from autosched.te.computation import Computation, size_value, working
from autosched.te.dag import scan_body, size_vars, topological_order
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp, ScanOp, Tensor, TensorRead


def evaluate(
    tensors: Sequence[Tensor],
    inputs: Mapping[Tensor, Array],
    sizes: Mapping[e.Var, int] | None = None,
    accumulate: Literal["float64"] | None = None,
    bounds: Literal["check", "clamp"] = "check",
) -> list[Array]:
    """Return the values of the tensors; `inputs` has arrays for the placeholders they need.

    A size that is the extent of a placeholder is taken from its array, others and scalars from
    `sizes`. Floats are reduced in their own dtype, or with `accumulate="float64"` in float64,
    which rounds once at the end. A bfloat16 array holds its bits in uint16. Raises
    `ArgumentError` if an array has a wrong shape or dtype, and `ExpressionError` if a size or an
    element has no value: because of a read outside a tensor or an integer division by zero. With
    `bounds="clamp"` a read at an index from data gives the nearest element instead.
    """
    check_whole(tensors)
    order = topological_order(tensors)
    known = _bind_sizes(order, inputs, dict(sizes or {}))
    if missing := [size for size in size_vars(tensors) if size not in known]:
        kind = "size" if missing[0].dtype.is_integer else "scalar"
        raise ExpressionError(
            f"expected a value for the {kind} {missing[0]} of {tensors[-1].name}, got none",
            hint=f"no shape of an input gives it: pass it in sizes={{{missing[0]}: ...}}",
        )
    values: dict[Tensor, Array] = {}

    def compute(op: ComputeOp, row: int | None = None) -> dict[Tensor, Array]:
        wide, clamp = accumulate == "float64", bounds == "clamp"
        return Computation(op, known, values, wide, clamp, row).results()

    scans = [op for op in order if isinstance(op, ScanOp)]
    inside: set[Operation] = {op for scan in scans for op in scan_body(scan)}
    states = {state for scan in scans for state in scan.state_placeholder}
    for op in order:
        tensor = op.outputs[0]
        if isinstance(op, ScanOp):
            _scan(op, known, values, compute)
        elif isinstance(op, ComputeOp) and op not in inside:
            values.update(_from_row_0(op, known, compute) if first_row(tensor) else compute(op))
        elif isinstance(op, PlaceholderOp) and tensor not in states:
            values[tensor] = from_storage(_checked(tensor, inputs, known), tensor.dtype)
    return [to_storage(values[tensor], tensor.dtype) for tensor in tensors]


def _from_row_0(
    op: ComputeOp, sizes: Mapping[Var, int], compute: Callable[[ComputeOp], dict[Tensor, Array]]
) -> dict[Tensor, Array]:
    """Return the values with zeros in the first rows, which the operation does not have."""
    whole = {tensor: _zeros(tensor, sizes) for tensor in op.outputs}
    if size_value(op.axes[0].extent, sizes, op.name):
        for tensor, array in compute(op).items():
            whole[tensor][first_row(tensor) :] = array
    return whole


def _zeros(tensor: Tensor, sizes: Mapping[Var, int]) -> Array:
    shape = [size_value(extent, sizes, tensor.name) for extent in tensor.shape]
    return np.zeros(shape, working(tensor.dtype, wide=False))


def _scan(
    op: ScanOp,
    sizes: Mapping[Var, int],
    values: dict[Tensor, Array],
    compute: Callable[[ComputeOp, int], dict[Tensor, Array]],
) -> None:
    """Add the outputs of a scan to `values`, which have all that it reads outside of its steps."""
    body = [each for each in scan_body(op) if isinstance(each, ComputeOp)]
    every = [*op.outputs, *(tensor for each in body for tensor in each.outputs)]
    values.update({tensor: _zeros(tensor, sizes) for tensor in every})
    first = 0
    for output, init, state in zip(op.outputs, op.init, op.state_placeholder, strict=True):
        values[state], first = values[output], len(values[init])
        values[output][:first] = values[init]
    for row in range(first, len(values[op.outputs[0]])):
        for each in body:
            for tensor, array in compute(each, row).items():
                values[tensor][row] = array[0]
        for output, update in zip(op.outputs, op.update, strict=True):
            values[output][row] = values[update][row]


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


def index_limits(tensors: Iterable[Tensor], sizes: Mapping[Var, int]) -> dict[Tensor, int]:
    """Return the integer inputs that are used as indices, each with its limit.

    In `A[I[i], j]` the elements of `I` are indices, and the limit is the extent of dimension 0
    of `A`; if there are several such reads, it is the least extent. An element counts as an
    index only if it is one itself or after casts: the limit of `I` in `A[I[i] + 1]` is not
    found. A limit is at most the greatest value of the dtype. Raises ExpressionError if an
    extent has a size without a value in `sizes`.
    """
    limits: dict[Tensor, int] = {}
    for tensor, extent in _indexed_extents(tensors):
        greatest = int(tensor.dtype.max_value)
        limit = size_value(extent, sizes, tensor.name)
        limits[tensor] = min(limit, limits.get(tensor, greatest))
    return limits


def _indexed_extents(tensors: Iterable[Tensor]) -> Iterator[tuple[Tensor, Expr]]:
    for op in topological_order(tensors):
        for read in op.reads if isinstance(op, ComputeOp) else ():
            for index, extent in zip(read.indices, read.tensor.shape, strict=True):
                while isinstance(index, Cast):
                    index = index.value
                if not isinstance(index, TensorRead) or not index.dtype.is_integer:
                    continue
                if isinstance(index.tensor.op, PlaceholderOp):
                    yield index.tensor, extent
