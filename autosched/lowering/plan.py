"""The plan of a stage: its loops, their extents, and the values its axes take.

A plan holds everything of one stage that does not depend on its body. Extents flow from
the root axes to the leaves (`ceil` at a split, the product at a fuse); values flow back
from the loop variables of the leaves to the root axes. A root axis runs over the part of
its range that is needed where the stage is computed: `starts[axis]` is where that part
begins, in terms of the loops around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autosched.analysis.bounds import Bounds
from autosched.analysis.interval import prove
from autosched.analysis.simplify import simplify
from autosched.ir.buffer import Buffer
from autosched.ir.build import add, ceildiv, const, floordiv, floormod, le, lt, minimum, mul, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, Var
from autosched.lowering.carried import carried
from autosched.lowering.ranges import Ranges
from autosched.schedule.relations import Fuse, Split, Tail
from autosched.schedule.stage import Stage
from autosched.te.axis import Axis
from autosched.te.operation import ComputeOp, Reduce
from autosched.te.tensor import TensorRead

ZERO = const(0)


@dataclass(slots=True, eq=False)
class Condition:
    """A bool that must hold for a point to be computed; `roots` are the axes it is about."""

    expr: Expr
    roots: frozenset[Axis]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a tensor is stored: its element at `index` lives at `index - origins`.

    The dimensions of the buffer are those of the tensor in the `order` given.
    """

    buffer: Buffer
    origins: tuple[Expr, ...]
    order: tuple[int, ...]

    def locate(self, indices: Sequence[Expr], bounds: Bounds) -> tuple[Expr, ...]:
        """The index into the buffer of the tensor's element at `indices`."""
        return tuple(simplify(sub(indices[d], self.origins[d]), bounds) for d in self.order)


@dataclass(slots=True, eq=False)
class Plan:
    """See the module. `path` are the loops around the stage, outermost first.

    `is_given` says that the caller's buffers store it, which have no room to run over;
    `is_whole` that every element is sure to be computed, not only what is read.
    `padded` are the root axes that may run past the tensor's end, into storage made for
    it: the loops cover `covered[axis]` points of it from its start on. `placements` say
    where each output is stored.
    """

    stage: Stage
    op: ComputeOp
    path: list[Var]
    starts: dict[Axis, Expr]
    extents: dict[Axis, Expr]
    is_given: bool = False
    is_whole: bool = True
    loops: dict[Axis, Var] = field(default_factory=dict)
    values: dict[Axis, Expr] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    padded: set[Axis] = field(default_factory=set)
    covered: dict[Axis, Expr] = field(default_factory=dict)
    placements: tuple[Placement, ...] = ()
    reads: list[TensorRead] = field(default_factory=list)

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return tuple(placement.buffer for placement in self.placements)

    @property
    def reduction(self) -> Reduce | None:
        body = self.op.bodies[0]
        return body if type(body) is Reduce else None


def complete(plan: Plan, ranges: Ranges) -> None:
    """Fill in the loops, values and conditions of `plan` from its starts and extents."""
    stage = plan.stage
    _push_extents(plan)
    for axis in stage.leaves:
        var = Var(axis.name, INDEX)
        plan.loops[axis] = var
        ranges.add(var, plan.extents[axis])
    offsets = {axis: _loop_value(plan, axis) for axis in stage.leaves}
    _pull_values(plan, offsets, ranges)
    for axis, start in plan.starts.items():
        plan.values[axis] = simplify(add(start, offsets[axis]), ranges.bounds)
    kept_inside = _collect_conditions(plan, offsets, ranges)
    _cover(plan, kept_inside, ranges)


def _loop_value(plan: Plan, axis: Axis) -> Expr:
    extent = plan.extents[axis]
    return ZERO if type(extent) is Const and extent.value == 1 else plan.loops[axis]


def _push_extents(plan: Plan) -> None:
    extents = plan.extents
    for relation in plan.stage.relations:
        if isinstance(relation, Split):
            parent = extents[relation.parent]
            factor = relation.factor
            if type(parent) is Const and type(factor) is Const and parent.value < factor.value:
                factor = parent
            extents[relation.inner] = factor
            extents[relation.outer] = ceildiv(parent, factor)
        else:
            extents[relation.fused] = mul(extents[relation.outer], extents[relation.inner])


def _pull_values(plan: Plan, offsets: dict[Axis, Expr], ranges: Ranges) -> None:
    """Give every axis its offset from the leaves up."""
    for relation in reversed(plan.stage.relations):
        if isinstance(relation, Split):
            offsets[relation.parent] = _split_value(plan, relation, offsets, ranges)
        else:
            inner = plan.extents[relation.inner]
            fused = offsets[relation.fused]
            offsets[relation.outer] = simplify(floordiv(fused, inner), ranges.bounds)
            offsets[relation.inner] = simplify(floormod(fused, inner), ranges.bounds)


def _split_value(plan: Plan, split: Split, offsets: dict[Axis, Expr], ranges: Ranges) -> Expr:
    factor = plan.extents[split.inner]
    base = mul(offsets[split.outer], factor)
    if _is_shifted(plan, split, ranges):
        base = minimum(base, sub(plan.extents[split.parent], factor))
    return simplify(add(base, offsets[split.inner]), ranges.bounds)


def _is_shifted(plan: Plan, split: Split, ranges: Ranges) -> bool:
    """The last tile moves back; where a whole tile may not fit it is guarded instead."""
    tile, extent = plan.extents[split.inner], plan.extents[split.parent]
    if split.tail is not Tail.SHIFT or _divides(tile, extent):
        return False
    return prove(le(tile, extent), ranges.bounds) is True


def _divides(factor: Expr, extent: Expr) -> bool:
    if type(factor) is Const and type(extent) is Const:
        return extent.value % factor.value == 0
    return factor is extent


def _collect_conditions(plan: Plan, offsets: dict[Axis, Expr], ranges: Ranges) -> set[Axis]:
    """Condition what splits overrun, where it may not be computed; answer which axes those are."""
    kept_inside: set[Axis] = set()
    roots = carried(plan.stage.relations, plan.starts)
    # What runs past the end of these goes on past the root's, not into the tile that comes next.
    outermost = carried(plan.stage.relations, plan.starts, inner=False)
    for relation in plan.stage.relations:
        if isinstance(relation, Fuse) or _is_shifted(plan, relation, ranges):
            continue
        if _divides(plan.extents[relation.inner], plan.extents[relation.parent]):
            continue
        about = roots[relation.parent]
        at_the_end = relation.tail is Tail.PAD and relation.parent in outermost
        if at_the_end and _may_run_over(plan, about):
            plan.padded |= about
            continue
        inside = lt(offsets[relation.parent], plan.extents[relation.parent])
        add_condition(plan, inside, about, ranges)
        kept_inside.add(relation.parent)
    return kept_inside


def _cover(plan: Plan, kept_inside: set[Axis], ranges: Ranges) -> None:
    """How many points of each axis are computed, from the leaves up."""
    extents, covered = plan.extents, plan.covered
    covered.update((axis, extents[axis]) for axis in plan.stage.leaves)
    for relation in reversed(plan.stage.relations):
        inner = extents[relation.inner]
        if isinstance(relation, Fuse):
            covered[relation.outer] = ceildiv(covered[relation.fused], inner)
            covered[relation.inner] = inner
        elif relation.parent in kept_inside:
            covered[relation.parent] = extents[relation.parent]
        else:
            tiles = sub(covered[relation.outer], const(1))
            last = mul(tiles, inner)
            if _is_shifted(plan, relation, ranges):
                last = minimum(last, sub(extents[relation.parent], inner))
            covered[relation.parent] = add(last, covered[relation.inner])


def _may_run_over(plan: Plan, roots: frozenset[Axis]) -> bool:
    """Points past the end may be computed: their storage is made for them, no sum has them."""
    return len(roots) == 1 and not plan.is_given and roots <= set(plan.op.axis)


def add_condition(plan: Plan, expr: Expr, roots: frozenset[Axis], ranges: Ranges) -> None:
    """Require `expr` of every point, unless it is known to hold."""
    expr = simplify(expr, ranges.bounds)
    if not (type(expr) is Const and expr.value):
        plan.conditions.append(Condition(expr, roots))
