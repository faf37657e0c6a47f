"""Finds reads that certainly lie outside of their tensor: compiled, they would read any memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from autosched.errors import ExpressionError
from autosched.ir.expr import Const, Expr, Select
from autosched.ir.visitor import children, free_vars, substitute
from autosched.te.axis import Axis
from autosched.te.operation import Reduce, TensorRead

MOST_AXES = 8
"""Axes of one index whose corners are all tried."""


def check_reads(name: str, bodies: tuple[Expr, ...]) -> None:
    """Raise `ExpressionError` for a read of the compute `name` that is outside at some point.

    Each index is tried where its axes begin and end, so what is found is no false alarm, and
    for sums of axes nothing is missed. Reads under a condition, and indices that depend on
    data, are let through.
    """
    for read in _unconditional(bodies):
        for dimension, index in enumerate(read.indices):
            point = _outside(index, read.tensor.shape[dimension])
            if point is not None:
                extent = read.tensor.shape[dimension]
                raise ExpressionError(
                    f"expected an index from 0 to below {extent} in dimension {dimension} of "
                    f"{read.tensor.name}, got {index} in {name}, which can be {point}",
                    hint="te.if_then_else(inside, read, value) reads under a condition",
                )


def _unconditional(bodies: tuple[Expr, ...]) -> Iterator[TensorRead]:
    seen: set[int] = set()
    stack: list[Expr] = list(bodies)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if type(node) is Select:
            stack.append(node.condition)
        elif type(node) is not Reduce or type(node.condition) is Const:
            stack += children(node)
        if type(node) is TensorRead:
            yield node


def _outside(index: Expr, extent: Expr) -> int | None:
    """A value of the index that is below 0 or not below the extent, where one is found."""
    end = extent.value if type(extent) is Const else None
    for values in _corners(index):
        value = substitute(index, values) if values else index
        if type(value) is Const and (value.value < 0 or (end is not None and value.value >= end)):
            return int(value.value)
    return None


def _corners(index: Expr) -> Iterator[dict[Axis, int]]:
    axes = list(free_vars(index))
    ends = [_ends(axis) for axis in axes if isinstance(axis, Axis)]
    if len(ends) == len(axes) <= MOST_AXES and all(ends):
        for corner in product(*ends):
            yield dict(zip(axes, corner, strict=True))  # type: ignore[arg-type]


def _ends(axis: Axis) -> tuple[int, ...]:
    """The first value of the axis, and the last where that is known."""
    if type(axis.start) is not Const:
        return ()
    first = int(axis.start.value)
    if type(axis.extent) is not Const:
        return (first,)
    last = first + int(axis.extent.value) - 1
    return (first, last) if last != first else (first,)
