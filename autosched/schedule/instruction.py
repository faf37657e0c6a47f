"""Whether the loops of a stage can be a tensor intrinsic, and whether they still are one."""

from __future__ import annotations

from autosched.analysis.bounds import Bounds
from autosched.ir.build import add, const
from autosched.ir.expr import Expr
from autosched.ir.pragma import LoopPragma, Tensorized
from autosched.schedule.inline import inline_all
from autosched.schedule.legality import FURTHER_OUT, Reason, extent_of, first, occupied
from autosched.schedule.matching import Mismatch, matched
from autosched.schedule.relations import carried, pull, splits
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import ComputeOp
from autosched.te.tensor_intrinsic import TensorIntrinsic

ZERO = const(0)


def instruction_of(stage: StageState) -> tuple[Axis, TensorIntrinsic] | None:
    """Return the loop that a tensor intrinsic replaces, and the intrinsic, or None."""
    for axis, pragmas in stage.pragmas.items():
        for pragma in filter(is_intrinsic, pragmas):
            return axis, pragma.value
    return None


def is_intrinsic(pragma: LoopPragma) -> bool:
    """Tell whether a pragma marks the loops of a tensor intrinsic."""
    return type(pragma) is Tensorized and isinstance(pragma.value, TensorIntrinsic)


def broken(schedule: ScheduleState) -> Reason | None:
    """Return the reason why loops that are a tensor intrinsic can be none any more, or None."""
    for stage in schedule.stages:
        found = instruction_of(stage)
        if found is not None:
            reason = refused(stage, *found)
            if reason is not None:
                return reason
    return None


def refused(stage: StageState, axis: Axis, intrinsic: TensorIntrinsic) -> Reason | None:
    """Return the reason why the loops from `axis` on cannot be the intrinsic, or None."""
    other = instruction_of(stage)
    if other is not None and other[0] is not axis:
        return Reason(
            "expected one tensor intrinsic in stage {stage.name}, got {intrinsic} beside {other}",
            (stage, axis),
            intrinsic=intrinsic,
            other=other[1],
        )
    position = stage.position_of(axis)
    inside, outside = stage.leaves[position:], stage.leaves[:position]
    return (
        first(occupied(stage, leaf, "tensorize", FURTHER_OUT) for leaf in inside)
        or _misses_points(stage, axis, inside)
        or _mismatch(stage, axis, intrinsic, inside)
        or _lacks_update(stage, axis, intrinsic, outside)
    )


def _misses_points(stage: StageState, axis: Axis, inside: list[Axis]) -> Reason | None:
    """Refuse loops of which some points are left out, past the end of what was split."""
    for split in splits(stage.relations):
        made = carried(stage.relations, [split.inner])
        partial = not split.is_even and not split.tail.moves_back
        if partial and any(leaf in made for leaf in inside):
            return Reason(
                "expected whole tiles to tensorize, got {parent.name} of stage {stage.name} split "
                "into tiles that do not divide it",
                (stage, axis),
                hint='split it by a factor that divides it, or with tail="shift"',
                parent=split.parent,
            )
    return None


def _mismatch(
    stage: StageState, axis: Axis, intrinsic: TensorIntrinsic, inside: list[Axis]
) -> Reason | None:
    op = inline_all(stage.schedule)[stage]
    assert isinstance(op, ComputeOp), "only a computation has loops"
    bounds = Bounds()
    for leaf in stage.leaves:
        bounds.add_loop(leaf, ZERO, leaf.extent)
    try:
        matched(
            intrinsic,
            op,
            axis_values(stage, op),
            {leaf: leaf.extent for leaf in inside},
            {leaf: add(leaf.start, leaf) for leaf in stage.leaves},
            bounds,
        )
    except Mismatch as mismatch:
        return Reason(
            "expected the loops from {axis.name} on of stage {stage.name} to compute what "
            "{intrinsic} does, {meaning}, got {found}",
            (stage, axis),
            intrinsic=intrinsic,
            meaning=", ".join(map(str, intrinsic.op.bodies)),
            found=mismatch,
        )
    return None


def axis_values(stage: StageState, op: ComputeOp) -> dict[Axis, Expr]:
    """Return the values of the axes of the operation in terms of the loops."""
    values: dict[Axis, Expr] = {
        leaf: ZERO if extent_of(leaf) == 1 else leaf for leaf in stage.leaves
    }
    pull(
        stage.relations,
        values,
        lambda split, outer, inner: split.point(outer, inner, split.factor),
        lambda fusion, fused: fusion.point(fused, fusion.inner.extent),
    )
    return {root: add(root.start, values[root]) for root in (*op.axis, *op.reduce_axis)}


def _lacks_update(
    stage: StageState, axis: Axis, intrinsic: TensorIntrinsic, outside: list[Axis]
) -> Reason | None:
    reduced = next((leaf for leaf in outside if leaf.kind is AxisKind.REDUCE), None)
    if reduced is None or intrinsic.update is not None:
        return None
    return Reason(
        "expected an update of {intrinsic} to tensorize a part of the reduction {stage.name}, got "
        "none, with the loop {reduced.name} outside",
        (stage, axis),
        hint="declare it with body, reset and update, or reorder {reduced.name} inside",
        intrinsic=intrinsic,
        reduced=reduced,
    )
