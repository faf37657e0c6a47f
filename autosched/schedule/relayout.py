"""Computations over the loops of a stage instead of its axes: a copy in the order of the loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import simplify
from autosched.ir.build import add, and_, const, floordiv, floormod, lt, mul, select, sub, zero
from autosched.ir.expr import Expr
from autosched.schedule.relations import AxisFusion, AxisSplit, Relation, pull, splits
from autosched.schedule.rewrite import fresh_axis, substitute_bodies
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Reduce, TensorRead


def over_loops(
    op: ComputeOp, loops: Sequence[Axis], relations: Sequence[Relation]
) -> tuple[tuple[Axis, ...], tuple[Expr, ...]]:
    """Return new axes, one for each loop, and the bodies of `op` over them.

    `loops` are the data axes that `relations` make of those of `op`. Points past the end of an
    axis, in the last tile of a split, are zero or, in a reduction, nothing is reduced there.
    """
    axes = tuple(fresh_axis(f"{loop.name}.c", loop.extent) for loop in loops)
    values: dict[Axis, Expr] = dict(zip(loops, axes, strict=True))
    pull(
        relations,
        values,
        lambda split, outer, inner: add(mul(outer, split.factor), inner),
        lambda fusion, fused: fusion.point(fused, fusion.inner.extent),
    )
    uneven = [split.parent for split in splits(relations) if not split.is_even]
    inside = and_(*(lt(values[axis], axis.extent) for axis in uneven))
    simple = simple_reads((*axes, *op.reduce_axis)) if relations else None
    points = {axis: add(axis.start, values[axis]) for axis in op.axes}
    bodies = substitute_bodies(op.bodies, points, simple)
    return axes, tuple(_guarded(body, inside) for body in bodies)


def simple_reads(axes: Sequence[Axis]) -> Callable[[Expr], Expr]:
    """Simplify the indices of a read: `(g * 4 + c) // 4` is `g` where `c` has 4 points."""
    bounds = Bounds()
    for axis in axes:
        bounds.add_loop(axis, axis.start, axis.extent)

    def simple(node: Expr) -> Expr:
        if type(node) is not TensorRead:
            return node
        return node.tensor.read(tuple(simplify(index, bounds) for index in node.indices))

    return simple


def _guarded(body: Expr, inside: Expr) -> Expr:
    if type(body) is Reduce:
        return replace(body, condition=and_(inside, body.condition))
    return select(inside, body, zero(body.dtype))


def loop_indices(
    op: ComputeOp, loops: Sequence[Axis], relations: Sequence[Relation]
) -> tuple[Expr, ...]:
    """Return the values of the loops at a point of the axes of `op`."""
    values: dict[Axis, Expr] = {axis: sub(axis, axis.start) for axis in op.axes}
    for relation in relations:
        if isinstance(relation, AxisSplit):
            point = values[relation.parent]
            values[relation.outer] = floordiv(point, relation.factor)
            values[relation.inner] = floormod(point, relation.factor)
        elif isinstance(relation, AxisFusion):
            outer, inner = values[relation.outer], values[relation.inner]
            values[relation.fused] = add(mul(outer, relation.inner.extent), inner)
    return tuple(values[loop] if loop in values else const(0) for loop in loops)
