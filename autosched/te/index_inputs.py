"""Finds the inputs of a computation that are used as indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autosched.ir.expr import Cast, Expr, Var
from autosched.te.computation import size_value
from autosched.te.dag import topological_order
from autosched.te.tensor import ComputeOp, PlaceholderOp, Tensor, TensorRead


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
