"""Reduce in two steps, of which the first has a data axis in the place of a reduce axis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosched.ir.build import add, and_, const, lt, select, sub
from autosched.ir.expr import Const, Expr
from autosched.schedule.arguments import AXIS, INTEGER, STAGE, takes
from autosched.schedule.legality import Reason, attached_at, not_a_loop
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import LoopPrimitive
from autosched.schedule.relations import Relation, pull, splits
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies, with_bodies
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import ComputeOp, Reduce, Tensor


@dataclass(frozen=True, slots=True)
class RFactor(LoopPrimitive):
    """Make a stage that reduces over all other reduce loops, for each point of this one.

    The loop becomes dimension `factor_axis` of the made stage, whose other reduce axes are
    the other reduce loops; the old stage reduces over that dimension. Points past the end
    of a split that does not divide give the identity. Requires a reduce loop of a stage whose
    loops are not annotated and contain no other stage. The data loops of the stage stay as they
    are, and the new reduce loop is inside of them; the made stage has a loop for each axis.

        for k.outer in range(4):            for k.inner in range(8):
            for k.inner in range(8):            for k.outer in range(4):
                C[0] += A[k]        ->              C.rf[k.inner, 0] += A[k.outer*8 + k.inner]
                                            for k.inner.v in range(8):
                                                C[0] += C.rf[k.inner.v, 0]

    Others: TVM `rfactor(tensor, axis, factor_axis)`; Halide `rfactor`; not in Exo.
    """

    name = "rfactor"
    arguments = takes(stage=STAGE, axis=AXIS, factor_axis=INTEGER)

    factor_axis: int = 0

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, axis = self.loop_in(schedule)
        if axis.kind is not AxisKind.REDUCE:
            return Reason(
                "expected a reduce axis to factor out, got the data axis {axis.name} of stage "
                "{stage.name}",
                (stage, axis),
            )
        rank = len(stage.op.axis)
        if not -rank - 1 <= self.factor_axis <= rank:
            return Reason(
                "expected a factor_axis of {low} to {high} for {stage.name}, got {found}",
                stage,
                low=-rank - 1,
                high=rank,
                found=self.factor_axis,
            )
        return not_a_loop(stage, axis) or _settled(stage)

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, ...]:
        stage = schedule.numbered[self.stage]
        old, leaf = stage.op, stage.axes[self.axis]
        assert isinstance(old, ComputeOp)
        position = self.factor_axis % (len(old.axes) + 1)
        partial = _partial(stage, leaf, position, schedule.unused_name(f"{old.name}.rf"))
        schedule.add_stage(partial, before=stage)
        final = fresh_axis(f"{leaf.name}.v", leaf.extent, AxisKind.REDUCE)
        points = [sub(axis, axis.start) for axis in old.axes]
        indices = (*points[:position], final, *points[position:])
        sources = tuple(tensor.read(indices) for tensor in partial.outputs)
        bodies = tuple(
            _over(body, sources, (final,), const(True), const(True)) for body in old.bodies
        )
        schedule.rewrite({stage: lambda op: with_bodies(op, bodies)})
        loops = [axis for axis in stage.leaves if axis.kind is not AxisKind.REDUCE]
        relations = [each for each in stage.relations if not _reduces(each)]
        stage.restart()
        stage.axes += [axis for relation in relations for axis in relation.results]
        stage.leaves = [*loops, final]
        stage.relations = relations
        return partial.outputs

    def python(self, names: Names) -> str:
        axis = names.axis(self.stage, self.axis)
        where = f", {self.factor_axis}" if self.factor_axis else ""
        return f"s.rfactor({names.stage_tensor(self.stage)}, {axis}{where})"


def _reduces(relation: Relation) -> bool:
    return any(source.kind is AxisKind.REDUCE for source in relation.sources)


def _settled(stage: StageState) -> Reason | None:
    if stage.kinds or stage.pragmas or attached_at(stage):
        return Reason(
            "expected a stage whose loops are not annotated and contain no stage to factor, got "
            "{stage.name}",
            stage,
            hint="call rfactor before compute_at and annotations of {stage.name}",
        )
    return None


def _partial(stage: StageState, leaf: Axis, position: int, name: str) -> ComputeOp:
    """Return the operation that reduces over all reduce loops of `stage` but `leaf`."""
    old = stage.op
    assert isinstance(old, ComputeOp)
    data = [fresh_axis(axis.name, axis.extent) for axis in old.axes]
    factored = fresh_axis(leaf.name, leaf.extent)
    rest = tuple(a for a in stage.leaves if a.kind is AxisKind.REDUCE and a is not leaf)
    values, inside = _root_values(stage, leaf, factored)
    points = (add(axis.start, point) for axis, point in zip(old.axes, data, strict=True))
    moved = {**dict(zip(old.axes, points, strict=True)), **values}
    first = old.bodies[0]
    assert type(first) is Reduce
    condition = first.condition
    if type(condition) is Const:
        condition = and_(inside, condition)
    else:  # not an `and`: what it reads may only be there inside the range
        condition = select(inside, condition, const(False))
    *sources, condition, relevant = substitute_bodies(
        (*first.sources, condition, first.relevant), moved
    )
    combiner = first.combiner.with_values(substitute_bodies(first.combiner.around, moved))
    bodies: tuple[Expr, ...]
    if rest:
        shared = tuple(sources)
        bodies = tuple(
            _over(replace(body, combiner=combiner), shared, rest, condition, relevant, restart=True)
            for body in old.bodies
            if type(body) is Reduce
        )
    else:
        identities = combiner.identities
        bodies = tuple(
            select(condition, source, identity)
            for source, identity in zip(sources, identities, strict=True)
        )
    data.insert(position, factored)
    return make_op(name, tuple(data), bodies, old.tag, old.attrs)


def _over(
    body: Expr,
    sources: tuple[Expr, ...],
    axes: tuple[Axis, ...],
    condition: Expr,
    relevant: Expr,
    restart: bool = False,
) -> Reduce:
    """Return `body` over other sources and axes; with `restart` it starts at the identity."""
    assert type(body) is Reduce
    initial = None if restart else body.initial
    given = (body.combiner, sources, axes, condition, body.value_index, body.dtype)
    return Reduce(*given, initial, relevant)


def _root_values(stage: StageState, leaf: Axis, factored: Axis) -> tuple[dict[Axis, Expr], Expr]:
    """Return the values of the root reduce axes in terms of the loops, and if they are in range."""
    offsets: dict[Axis, Expr] = {axis: axis for axis in stage.leaves}
    offsets[leaf] = add(leaf.start, factored)  # only a root axis starts elsewhere than at 0
    relations = [relation for relation in stage.relations if _reduces(relation)]
    pull(
        relations,
        offsets,
        lambda split, outer, inner: split.point(outer, inner, split.factor),
        lambda fusion, fused: fusion.point(fused, fusion.inner.extent),
    )
    uneven = [split.parent for split in reversed(splits(relations)) if not split.is_even]
    conditions = [lt(offsets[axis], axis.extent) for axis in uneven]
    leaves = set(stage.leaves)
    values = {
        root: offsets[root] if root in leaves else add(root.start, offsets[root])
        for root in stage.op.reduce_axis
    }
    return values, and_(*conditions)
