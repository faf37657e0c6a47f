"""Plans a stage: its loops, their extents, and the values of its axes.

A plan has everything about a stage that does not depend on its body. Extents flow from the root
axes to the leaves (rounded up at a split, multiplied at a fuse); values flow back from the loop
variables of the leaves to the root axes. A root axis runs over the part of its range that is
needed: `starts[axis]` is the first point of that part, in terms of the loops around the stage.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear
from autosched.analysis.simplify import prove, simplify
from autosched.ir.build import add, const, le, lt, minimum, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Const, Expr, Var
from autosched.ir.pragma import Thread, find
from autosched.schedule.relations import (
    EXPRESSIONS,
    AxisFusion,
    AxisSplit,
    carried,
    divides,
    pull,
    push,
    splits,
)
from autosched.schedule.state import StageState
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Reduce, TensorRead

ZERO = const(0)

Range = tuple[Expr, Expr]
"""The first value, and the number of values."""


class Ranges:
    """The loop variables of all stages, each from 0 to its extent.

    `bounds` are the ranges as facts for the simplifier; `threads` are the names of the GPU's
    threads that loops are bound to.
    """

    def __init__(self) -> None:
        self.bounds = Bounds()
        self.extents: dict[Var, Expr] = {}
        self.threads: dict[Var, str] = {}

    def add(self, var: Var, extent: Expr) -> None:
        self.extents[var] = extent
        self.bounds.add_loop(var, ZERO, extent)


@dataclass(slots=True, eq=False)
class Condition:
    """A bool that must hold for a point to be computed; `roots` are the axes it depends on."""

    expr: Expr
    roots: frozenset[Axis]


@dataclass(frozen=True, slots=True)
class Gate:
    """Steps of the loop over `var` do nothing where `form`, which has no loop inside, is < 0."""

    var: Var
    form: Linear


@dataclass(frozen=True, slots=True)
class Placement:
    """The storage of a tensor: its element at `index` is stored at `index - origins`.

    The dimensions of the buffer are those of the tensor in the `order` given.
    """

    buffer: Buffer
    origins: tuple[Expr, ...]
    order: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Plan:
    """The plan of one stage. `path` are the loops around it, outermost first.

    If `is_given`, the outputs are in the caller's buffers, and nothing may be written past their
    ends. If `is_whole`, every element is computed, not only those that are read. `padded` are the
    root axes that may run past the tensor's end, into additional storage: the loops cover
    `covered[axis]` points. `shifted` are the splits whose last tile moves back. `placements` are
    the storage of the outputs. `needed` is the part of an axis that readers need in one step of the
    loops around, where that is not all that they sweep, and `gates` leave out steps of loops.
    """

    stage: StageState
    op: ComputeOp
    path: list[Var]
    starts: dict[Axis, Expr]
    extents: dict[Axis, Expr]
    is_given: bool = False
    is_whole: bool = True
    loops: dict[Axis, Var] = field(default_factory=dict)
    values: dict[Axis, Expr] = field(default_factory=dict)
    shifted: set[AxisSplit] = field(default_factory=set)
    conditions: list[Condition] = field(default_factory=list)
    padded: set[Axis] = field(default_factory=set)
    covered: dict[Axis, Expr] = field(default_factory=dict)
    placements: tuple[Placement, ...] = ()
    reads: list[TensorRead] = field(default_factory=list)
    needed: dict[Axis, Range] = field(default_factory=dict)
    gates: list[Gate] = field(default_factory=list)

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return tuple(placement.buffer for placement in self.placements)

    @property
    def reduction(self) -> Reduce | None:
        body = self.op.bodies[0]
        return body if type(body) is Reduce else None


def complete(plan: Plan, ranges: Ranges) -> None:
    """Fill in the loops, values and conditions of `plan` from its starts and extents."""
    relations = plan.stage.relations
    push(relations, plan.extents, EXPRESSIONS, lambda split, _: split.factor)
    for axis in plan.stage.leaves:
        var = Var(axis.name, INDEX)
        plan.loops[axis] = var
        ranges.add(var, plan.extents[axis])
        thread = find(plan.stage.pragmas.get(axis, ()), Thread)
        if thread is not None:
            ranges.threads[var] = thread.value
    plan.shifted = {split for split in splits(relations) if _is_shifted(plan, split, ranges)}
    offsets = _offsets(plan, ranges)
    for axis, start in plan.starts.items():
        plan.values[axis] = simplify(add(start, offsets[axis]), ranges.bounds)
    kept_inside = _collect_conditions(plan, offsets, ranges)
    if plan.padded:
        _cover(plan, kept_inside)


def _is_shifted(plan: Plan, split: AxisSplit, ranges: Ranges) -> bool:
    """Tell whether the last tile moves back; if a whole tile may not fit, it is guarded."""
    tile, extent = plan.extents[split.inner], plan.extents[split.parent]
    is_uneven = split.tail.moves_back and not divides(tile, extent)
    return is_uneven and prove(le(tile, extent), ranges.bounds) is True


def _offsets(plan: Plan, ranges: Ranges) -> dict[Axis, Expr]:
    """Return the value of each axis minus its start, in terms of the loops."""

    def of_split(split: AxisSplit, outer: Expr, inner: Expr) -> Expr:
        return simplify(_point(plan, split, outer, inner), ranges.bounds)

    def of_fusion(fusion: AxisFusion, fused: Expr) -> tuple[Expr, Expr]:
        outer, inner = fusion.point(fused, plan.extents[fusion.inner])
        return simplify(outer, ranges.bounds), simplify(inner, ranges.bounds)

    offsets: dict[Axis, Expr] = {
        axis: ZERO if is_one(plan.extents[axis]) else var for axis, var in plan.loops.items()
    }
    pull(plan.stage.relations, offsets, of_split, of_fusion)
    return offsets


def is_one(extent: Expr) -> bool:
    """Tell whether a loop is known to have a single iteration."""
    return type(extent) is Const and extent.value == 1


def _point(plan: Plan, split: AxisSplit, outer: Expr, inner: Expr) -> Expr:
    """Return the point `inner` of the tile `outer`."""
    factor = plan.extents[split.inner]
    if split not in plan.shifted:
        return split.point(outer, inner, factor)
    start = split.point(outer, ZERO, factor)
    return minimum(start, sub(plan.extents[split.parent], factor)) + inner


def _collect_conditions(plan: Plan, offsets: dict[Axis, Expr], ranges: Ranges) -> set[Axis]:
    """Add conditions on axes that splits must not overrun, and return these axes."""
    kept_inside: set[Axis] = set()
    relations, extents = plan.stage.relations, plan.extents
    uneven = [r for r in splits(relations) if not divides(extents[r.inner], extents[r.parent])]
    if not uneven:
        return kept_inside
    roots = carried(relations, plan.starts)
    # Past the end of these is past the end of the root, not in its next tile.
    outermost = carried(relations, plan.starts, inner=False)
    for split in (split for split in uneven if split not in plan.shifted):
        parent, about = split.parent, roots[split.parent]
        if split.tail.runs_over and parent in outermost and _may_run_over(plan, about):
            plan.padded |= about
            continue
        add_condition(plan, lt(offsets[parent], extents[parent]), about, ranges)
        kept_inside.add(parent)
    return kept_inside


def _cover(plan: Plan, kept_inside: set[Axis]) -> None:
    """Fill in the number of computed points of each axis."""

    def of_split(split: AxisSplit, outer: Expr, inner: Expr) -> Expr:
        if split.parent in kept_inside:
            return plan.extents[split.parent]
        return _point(plan, split, outer - 1, inner)

    plan.covered.update((axis, plan.extents[axis]) for axis in plan.stage.leaves)
    pull(
        plan.stage.relations,
        plan.covered,
        of_split,
        lambda fusion, fused: fusion.counts(fused, plan.extents[fusion.inner], EXPRESSIONS),
    )


def _may_run_over(plan: Plan, roots: frozenset[Axis]) -> bool:
    """Tell whether points past the end may be computed: stored, and used by no sum."""
    return len(roots) == 1 and not plan.is_given and roots <= set(plan.op.axis)


def add_condition(plan: Plan, expr: Expr, roots: frozenset[Axis], ranges: Ranges) -> None:
    """Compute a point only if `expr` holds, unless that is known to be always the case."""
    expr = simplify(expr, ranges.bounds)
    if not (type(expr) is Const and expr.value):
        plan.conditions.append(Condition(expr, roots))
