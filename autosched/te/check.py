"""Checks that the bodies of a compute can be computed, and read inside their tensors.

A compiled kernel would read other memory at an index outside its tensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.build import add, and_, const, le, lt, or_, sub
from autosched.ir.expr import Add, Const, Expr, Load, Mul, Select, Sub, Var
from autosched.ir.rewrite import map_expr, substitute
from autosched.ir.structure import equal
from autosched.ir.traverse import children, free_vars, postorder, walk
from autosched.te.arrays import evaluate_nodes
from autosched.te.axis import Axis, AxisKind
from autosched.te.bounds import reads_data
from autosched.te.tensor import ComputeOp, Reduce, Tensor, TensorRead

MAX_AXES = 8
"""The maximum number of axes of an index for which all corners of its ranges are tried."""

MAX_POINTS = 1 << 14
"""The maximum number of points at which an index that is not affine is tried."""

MAX_SYMBOLIC_AXES = 3
"""The same as MAX_AXES if ranges are symbolic: each corner then takes a proof."""


def check_bodies(name: str, axes: tuple[Axis, ...], bodies: tuple[Expr, ...]) -> None:
    """Raise `ExpressionError` if the bodies of the compute `name` cannot be computed."""
    if not bodies:
        raise ExpressionError(f"expected a value for {name}, got an empty tuple")
    reduces = [body for body in bodies if isinstance(body, Reduce)]
    if reduces and len(reduces) < len(bodies):
        raise ExpressionError(
            f"expected every output of {name} to be a reduction or none, got both",
            hint="compute them in two stages",
        )
    known = {id(axis) for axis in axes}
    if reduces:
        _check_reduction(name, reduces)
        known.update(id(axis) for axis in reduces[0].axes)
    _check_nodes(name, bodies, known)


def _check_reduction(name: str, reduces: list[Reduce]) -> None:
    first = reduces[0]
    components = [reduce.value_index for reduce in reduces]
    alike = all(
        (reduce.combiner, reduce.sources, reduce.axes)
        == (first.combiner, first.sources, first.axes)
        for reduce in reduces
    )
    if not alike or components != list(range(len(first.sources))):
        raise ExpressionError(
            f"expected the outputs of {name} to be all the values of one reduction in order, "
            "got a different choice of reductions",
            hint="reduce a tuple with te.comm_reducer, or compute them in two stages",
        )


def _check_nodes(name: str, bodies: tuple[Expr, ...], known: set[int]) -> None:
    tops = {id(body) for body in bodies}
    for node in (node for body in bodies for node in walk(body)):
        if isinstance(node, Reduce) and id(node) not in tops:
            raise ExpressionError(
                f"expected a reduction to be the whole value of {name}, got it inside the value",
                hint="compute the reduction in a stage of its own and read its result",
            )
        if isinstance(node, Axis) and id(node) not in known:
            raise _foreign_axis(name, node)
        if isinstance(node, Load):
            raise ExpressionError(f"expected tensor reads in {name}, got a buffer load {node}")
        if node.dtype.lanes != 1:
            raise ExpressionError(
                f"expected scalar expressions in {name}, got a vector of dtype {node.dtype}"
            )


def _foreign_axis(name: str, axis: Axis) -> ExpressionError:
    if axis.kind is AxisKind.REDUCE:
        return ExpressionError(
            f"expected the reduce axis {axis.name} inside a reduction over it, "
            f"got it free in {name}",
            hint=f"write te.sum(..., axis={axis.name}) or another reduction",
        )
    return ExpressionError(
        f"expected only axes of {name} in its body, got the axis {axis.name} of another operation"
    )


def check_reads(name: str, bodies: tuple[Expr, ...]) -> None:
    """Raise `ExpressionError` if a read of the compute `name` is outside at some point.

    Each index is tried at the ends of its axes: a value found outside is a true error, and
    for affine indices none is missed. Other indices are tried at all points, if there are at
    most `MAX_POINTS`. With symbolic sizes, an index is an error if it is outside for all of
    them. Reads under a condition, and indices that depend on data, are not checked.
    """
    for read in _unconditional(bodies):
        first = first_row(read.tensor)
        for dimension, index in enumerate(read.indices):
            start = 0 if dimension else first
            extent = read.tensor.shape[dimension]
            point = _outside(sub(index, start), sub(extent, start))
            if point is not None:
                raise ExpressionError(
                    f"expected an index from {start} to below {extent} in dimension {dimension} of "
                    f"{read.tensor.name}, got {index} in {name}, which can be {add(point, start)}",
                    hint="te.if_then_else(inside, read, value) reads under a condition",
                )


def is_inside(read: TensorRead) -> bool:
    """Return whether a read is proved to be inside at all points of its axes.

    That is so for affine indices whose corners are, and for an axis as long as the dimension.
    """
    return all(
        _stays_inside(index, 0 if dimension else first_row(read.tensor), extent)
        for dimension, (index, extent) in enumerate(
            zip(read.indices, read.tensor.shape, strict=True)
        )
    )


def _stays_inside(index: Expr, start: int, extent: Expr) -> bool:
    if isinstance(index, Axis) and equal(index.start, const(start)) and equal(index.extent, extent):
        return True
    if not _is_affine(index) or type(extent) is not Const:
        return False
    corners = [substitute(index, values) for values in _corners(index)]
    return bool(corners) and all(
        type(each) is Const and start <= each.value < extent.value for each in corners
    )


def first_row(tensor: Tensor) -> int:
    """Return the first point of dimension 0 at which the tensor has elements.

    It is 0 but for tensors that read rows before their own: see `inside_later`.
    """
    start = tensor.op.axis[0].start if tensor.op.axis else None
    return int(start.value) if type(start) is Const else 0


def inside_later(
    axes: tuple[Axis, ...], bodies: tuple[Expr, ...]
) -> tuple[tuple[Axis, ...], tuple[Expr, ...]] | None:
    """Return the compute with its first axis begun at the first row that reads inside.

    A read such as `A[t - 1]` is outside at `t = 0` only. Such a tensor has elements from row 1
    on, and only a scan may compute it. Returns None if no later row reads inside either.
    """
    missing = 0
    for read in _unconditional(bodies):
        if axes and read.indices and axes[0] in free_vars(read.indices[0]):
            first = first_row(read.tensor)
            point = _outside(sub(read.indices[0], first), sub(read.tensor.shape[0], first))
            if type(point) is Const:
                missing = max(missing, -int(point.value))
    if not missing:
        return None
    return begun_at(missing, axes, bodies)


def begun_at(
    first: int, axes: tuple[Axis, ...], bodies: tuple[Expr, ...]
) -> tuple[tuple[Axis, ...], tuple[Expr, ...]]:
    """Return the compute with its first axis begun at another point."""
    old = axes[0]
    extent = sub(add(old.start, old.extent), first)
    new = replace(old, start=const(first), extent=extent)
    memo: dict[Expr, Expr] = {old: new}
    return (new, *axes[1:]), tuple(map_expr(body, None, memo) for body in bodies)


def check_whole(tensors: Iterable[Tensor]) -> None:
    """Raise `ExpressionError` for a tensor that has no elements in its first rows.

    The error is that of the read in row 0 that is outside.
    """
    for tensor in tensors:
        if isinstance(tensor.op, ComputeOp) and first_row(tensor):
            _, bodies = begun_at(0, tensor.op.axes, tensor.op.bodies)
            check_reads(tensor.op.name, bodies)


def _unconditional(bodies: tuple[Expr, ...]) -> list[TensorRead]:
    nodes = postorder(bodies, always_evaluated)
    return [node for node in nodes if type(node) is TensorRead]


def always_evaluated(node: Expr) -> tuple[Expr, ...]:
    """Return the operands of a node that are computed wherever it is."""
    if type(node) is Select or (type(node) is Reduce and type(node.condition) is not Const):
        return (node.condition,)
    return children(node)


def _outside(index: Expr, extent: Expr) -> Expr | None:
    """Return a value of the index outside [0, extent), or None if none is found."""
    for values in _corners(index):
        value = substitute(index, values) if values else index
        if _is_outside(value, extent):
            return value
    return None if _is_affine(index) else _outside_at_some_point(index, extent)


def _is_affine(index: Expr) -> bool:
    """Return whether an index is affine: it has its extreme values at the ends of its axes."""
    return all(
        isinstance(node, Var | Const | Add | Sub)
        or (type(node) is Mul and Const in (type(node.a), type(node.b)))
        for node in walk(index)
    )


def _outside_at_some_point(index: Expr, extent: Expr) -> Expr | None:
    """Try all points of the axes of an index; return a value outside, or None.

    Nothing is tried if there are more than `MAX_POINTS`, or if their number is not known.
    """
    axes = [axis for axis in free_vars(index) if isinstance(axis, Axis)]
    parts = [extent, *(part for axis in axes for part in (axis.start, axis.extent))]
    if reads_data(index) or any(type(part) is not Const for part in parts):
        return None
    counts = [axis.extent.value for axis in axes]  # type: ignore[attr-defined]
    if len(axes) < len(free_vars(index)) or prod(counts) > MAX_POINTS:
        return None
    starts = [axis.start.value for axis in axes]  # type: ignore[attr-defined]
    grid = [start + points for start, points in zip(starts, np.indices(counts), strict=True)]
    values = evaluate_nodes(postorder([index]), dict(zip(axes, grid, strict=True)), {})[index]
    outside = (values.array < 0) | (values.array >= extent.value)  # type: ignore[attr-defined]
    if values.missing is not None:
        outside &= ~values.missing
    return const(int(values.array[outside][0])) if outside.any() else None


def _is_outside(value: Expr, extent: Expr) -> bool:
    """Return whether `value` is outside for all values of the sizes."""
    if type(value) is Const and (value.value < 0 or type(extent) is Const):
        return bool(value.value < 0 or value.value >= extent.value)  # type: ignore[attr-defined]
    if reads_data(value) or _is_inside_once(value, extent):
        return False
    from autosched.analysis.bounds import Bounds  # late: few expressions have sizes
    from autosched.analysis.simplify import prove

    bounds = Bounds({size: (1, None) for part in (value, extent) for size in free_vars(part)})
    return prove(or_(lt(value, 0), le(extent, value)), bounds) is True


def _is_inside_once(value: Expr, extent: Expr) -> bool:
    """Return whether `value` is inside if all sizes are 64, which saves the proof."""
    some = dict.fromkeys([*free_vars(value), *free_vars(extent)], 64)
    inside = substitute(and_(le(0, value), lt(value, extent)), some)
    return type(inside) is Const and bool(inside.value)


def _corners(index: Expr) -> Iterator[dict[Axis, Expr]]:
    axes = [axis for axis in free_vars(index) if isinstance(axis, Axis)]
    ends = [_ends(axis) for axis in axes]
    symbolic = len(axes) < len(free_vars(index)) or any(
        type(end) is not Const for pair in ends for end in pair
    )
    if len(axes) <= (MAX_SYMBOLIC_AXES if symbolic else MAX_AXES):
        for corner in product(*ends):
            yield dict(zip(axes, corner, strict=True))


def _ends(axis: Axis) -> tuple[Expr, ...]:
    """Return the first and the last value of the axis, once if they are equal."""
    last = sub(add(axis.start, axis.extent), 1)
    return (axis.start,) if axis.start is last else (axis.start, last)
