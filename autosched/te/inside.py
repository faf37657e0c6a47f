"""Finds reads that certainly lie outside of their tensor: compiled, they would read any memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.build import add, and_, const, le, lt, or_, sub
from autosched.ir.expr import Add, Const, Expr, Mul, Select, Sub, Var
from autosched.ir.rewrite import substitute
from autosched.ir.traverse import children, free_vars, postorder, walk
from autosched.te.arrays import evaluate_nodes
from autosched.te.axis import Axis
from autosched.te.bounds import reads_data
from autosched.te.operation import Reduce
from autosched.te.tensor import TensorRead

MOST_AXES = 8
"""Axes of one index whose corners are all tried."""

MOST_POINTS = 1 << 14
"""Points at which an index that is no sum of axes is tried."""

MOST_AXES_OF_SIZES = 3
"""The same where there are sizes, for which what is outside takes a proof."""


def check_reads(name: str, bodies: tuple[Expr, ...]) -> None:
    """Raise `ExpressionError` for a read of the compute `name` that is outside at some point.

    Each index is tried where its axes begin and end, so what is found is no false alarm, and
    for sums of axes nothing is missed; others are tried at all their points, where there are
    not too many. Where there are sizes, what is outside for all of them is found. Reads under
    a condition, and indices that depend on data, are let through.
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


def _outside(index: Expr, extent: Expr) -> Expr | None:
    """A value of the index that is below 0 or not below the extent, where one is found."""
    for values in _corners(index):
        value = substitute(index, values) if values else index
        if _is_outside(value, extent):
            return value
    return None if _is_affine(index) else _outside_at_some_point(index, extent)


def _is_affine(index: Expr) -> bool:
    """Whether an index has its extreme values where its axes begin and end."""
    return all(
        isinstance(node, Var | Const | Add | Sub)
        or (type(node) is Mul and Const in (type(node.a), type(node.b)))
        for node in walk(index)
    )


def _outside_at_some_point(index: Expr, extent: Expr) -> Expr | None:
    """The value of an index that is outside at one of the points of its axes, which all are tried.

    None where those are more than `MOST_POINTS`, or not known.
    """
    axes = [axis for axis in free_vars(index) if isinstance(axis, Axis)]
    parts = [extent, *(part for axis in axes for part in (axis.start, axis.extent))]
    if reads_data(index) or any(type(part) is not Const for part in parts):
        return None
    counts = [axis.extent.value for axis in axes]  # type: ignore[attr-defined]
    if len(axes) < len(free_vars(index)) or prod(counts) > MOST_POINTS:
        return None
    starts = [axis.start.value for axis in axes]  # type: ignore[attr-defined]
    grid = [start + points for start, points in zip(starts, np.indices(counts), strict=True)]
    values = evaluate_nodes(postorder([index]), dict(zip(axes, grid, strict=True)), {})[index]
    outside = (values.array < 0) | (values.array >= extent.value)  # type: ignore[attr-defined]
    if values.missing is not None:
        outside &= ~values.missing
    return const(int(values.array[outside][0])) if outside.any() else None


def _is_outside(value: Expr, extent: Expr) -> bool:
    """Whether `value` is outside whatever the sizes are."""
    if type(value) is Const and (value.value < 0 or type(extent) is Const):
        return bool(value.value < 0 or value.value >= extent.value)  # type: ignore[attr-defined]
    if reads_data(value) or _is_inside_once(value, extent):
        return False
    from autosched.analysis.interval import Bounds, prove  # late: few expressions have sizes

    bounds = Bounds({size: (1, None) for part in (value, extent) for size in free_vars(part)})
    return prove(or_(lt(value, 0), le(extent, value)), bounds) is True


def _is_inside_once(value: Expr, extent: Expr) -> bool:
    """Whether `value` is inside for some sizes, which saves the proof."""
    some = dict.fromkeys([*free_vars(value), *free_vars(extent)], 64)
    inside = substitute(and_(le(0, value), lt(value, extent)), some)
    return type(inside) is Const and bool(inside.value)


def _corners(index: Expr) -> Iterator[dict[Axis, Expr]]:
    axes = [axis for axis in free_vars(index) if isinstance(axis, Axis)]
    ends = [_ends(axis) for axis in axes]
    symbolic = len(axes) < len(free_vars(index)) or any(
        type(end) is not Const for pair in ends for end in pair
    )
    if len(axes) <= (MOST_AXES_OF_SIZES if symbolic else MOST_AXES):
        for corner in product(*ends):
            yield dict(zip(axes, corner, strict=True))


def _ends(axis: Axis) -> tuple[Expr, ...]:
    """The first and the last value of the axis."""
    last = sub(add(axis.start, axis.extent), 1)
    return (axis.start,) if axis.start is last else (axis.start, last)
