"""Bound inference: finds the part of a stage that its consumers need where it is computed.

Stages are planned from the outputs back to the inputs, so that the loops of every
consumer are known. A consumer reads the range that its index expressions sweep when the loops
inside the attachment point run and the loops around it stay fixed. The range may be larger than
needed, never smaller; if it can extend past the tensor, a condition keeps the computation inside.
"""

from __future__ import annotations

from collections.abc import Container

from autosched.analysis.regions import relax, union
from autosched.analysis.simplify import interval, simplify
from autosched.errors import LoweringError
from autosched.ir.build import add, const, le, lt
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, Var
from autosched.ir.rewrite import substitute
from autosched.ir.structure import equal
from autosched.ir.traverse import free_vars
from autosched.lowering.gates import Needed, add_gates, narrowed
from autosched.lowering.plan import ZERO, Plan, Range, Ranges, add_condition, complete, is_one
from autosched.schedule.instruction import is_intrinsic
from autosched.schedule.relations import carried, splits
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import At, StageState
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Operation, ScanOp, Tensor, TensorRead


def plan_stages(
    schedule: Schedule, ops: dict[StageState, Operation], given: Container[Tensor], ranges: Ranges
) -> dict[StageState, Plan]:
    """Plan every stage that has loops of its own.

    `ops` are the operations of these stages, with inlined producers in them; `given` are the
    tensors in the caller's buffers. Raises LoweringError if one of these may be written only in
    part.
    """
    plans: dict[StageState, Plan] = {}
    readers: dict[Operation, list[tuple[Plan, TensorRead]]] = {}
    padded_vars: set[Var] = set()
    for stage in reversed(schedule.stages):
        op = ops.get(stage)
        if isinstance(op, ScanOp):
            op = _updates(schedule, op)
        if not isinstance(op, ComputeOp):
            continue
        reads = readers.get(stage.op, [])
        axes = (*op.axes, *op.reduce_axis)
        plan = plans[stage] = Plan(
            stage,
            op,
            _path(stage, plans),
            starts={axis: axis.start for axis in axes},
            extents={axis: axis.extent for axis in axes},
            is_given=any(tensor in given for tensor in stage.op.outputs),
            reads=list(op.reads),
        )
        is_attached = isinstance(stage.attachment, At)
        plan.is_whole = not is_attached or any(_reads_all(plan, *read) for read in reads)
        if plan.is_given and not plan.is_whole:
            raise _partly_written(plan)
        if is_attached:
            _restrict(plan, reads, padded_vars, ranges)
        complete(plan, ranges)
        if isinstance(stage.op, ScanOp):
            _run_rows(plan, stage.op, ranges)
        if is_attached:
            _keep_inside(plan, ranges)
        if not _is_by_instruction(plan):
            add_gates(plan, ranges)
        padded_vars |= _loops_of(plan, plan.padded | _padded_outputs(plan))
        for read in plan.reads:
            readers.setdefault(read.tensor.op, []).append((plan, read))
    return plans


def _updates(schedule: Schedule, scan: ScanOp) -> ComputeOp:
    """Return the computation of a row of a scan from its updates, as a reader of these."""
    reads = tuple(
        schedule.current(update).read((scan.scan_axis, *axes))
        for update, axes in zip(scan.update, scan.spatial_axes, strict=True)
    )
    return ComputeOp(scan.name, (scan.scan_axis,), reads)


def _run_rows(plan: Plan, scan: ScanOp, ranges: Ranges) -> None:
    """Make the scan read its updates over whole rows."""
    for axis in scan.spatial_axis_:
        plan.loops[axis] = plan.values[axis] = var = Var(axis.name, INDEX)
        ranges.add(var, axis.extent)


def _reads_all(plan: Plan, consumer: Plan, read: TensorRead) -> bool:
    """Tell whether the iterations of `consumer` together read every element, one at a time."""
    if isinstance(consumer.stage.op, ScanOp):
        return True
    pairs = [
        (index, own)
        for index, own in zip(read.indices, plan.op.axis, strict=True)
        if not (is_one(own.extent) and equal(index, own.start))
    ]
    if not consumer.is_whole or len({index for index, _ in pairs}) < len(pairs):
        return False
    return all(
        isinstance(index, Axis)
        and equal(index.start, own.start)
        and equal(index.extent, own.extent)
        for index, own in pairs
    )


def _partly_written(plan: Plan) -> LoweringError:
    attachment = plan.stage.attachment
    assert isinstance(attachment, At), "a stage at the root is computed whole"
    name = plan.stage.name
    return LoweringError(
        f"expected {name}, which is among the arguments, to be computed whole, got it computed "
        f"in the loop {attachment.axis.name} of {attachment.stage.name}, as much as is read there",
        hint=f"compute {name} at the root, or leave it out of the arguments",
    )


def _path(stage: StageState, plans: dict[StageState, Plan]) -> list[Var]:
    attachment = stage.attachment
    if not isinstance(attachment, At):
        return []
    parent = plans[attachment.stage]
    position = parent.stage.position_of(attachment.axis)
    return parent.path + [parent.loops[axis] for axis in parent.stage.leaves[: position + 1]]


def _restrict(
    plan: Plan, reads: list[tuple[Plan, TensorRead]], padded_vars: set[Var], ranges: Ranges
) -> None:
    """Narrow the data axes of an attached stage to the union of the ranges that `reads` sweep."""
    scope = plan.stage.scope
    fixed = {var for var in plan.path if not _is_shared(scope, ranges.threads.get(var))}
    needed: list[Range | None] = [None] * len(plan.op.axis)
    whole = [False] * len(plan.op.axis)
    parts = [Needed() for _ in plan.op.axis]
    is_narrowed = False
    seen: set[tuple[Plan, int, Expr]] = set()
    for consumer, read in reads:
        loops = [*consumer.path, *consumer.loops.values()]
        relaxed = {var: (ZERO, ranges.extents[var]) for var in loops if var not in fixed}
        open_ranges = narrowed(consumer, relaxed, ranges)
        for position, index in enumerate(read.indices):
            if (consumer, position, index) in seen:
                continue
            seen.add((consumer, position, index))
            value = simplify(substitute(index, consumer.values), ranges.bounds)
            if not plan.is_given and not padded_vars.isdisjoint(free_vars(value)):
                plan.padded.add(plan.op.axis[position])
            swept = relax(value, relaxed, ranges.bounds)
            if open_ranges is not None:
                parts[position].add(relax(value, open_ranges, ranges.bounds))
            else:
                parts[position].add(swept)
            is_narrowed |= open_ranges is not None
            if swept is None:
                whole[position] = True
            else:
                before = needed[position]
                needed[position] = swept if before is None else union(before, swept, ranges.bounds)
    for axis, swept, all_of_it in zip(plan.op.axis, needed, whole, strict=True):
        if swept is not None and not all_of_it and not _covers(swept[1], axis.extent):
            plan.starts[axis], plan.extents[axis] = swept[0], _constant(swept[1], ranges)
        else:
            plan.padded.discard(axis)
    if is_narrowed and not plan.is_given:
        ends = zip(plan.op.axis, parts, strict=True)
        plan.needed = {axis: end for axis, part in ends if (end := part.range(ranges)) is not None}


def _is_shared(scope: str, thread: str | None) -> bool:
    """Tell whether the threads of a loop share storage of a scope, and all of them fill it."""
    if thread is None or scope == "local":
        return False
    if scope == "warp":
        return thread == "threadIdx.x"
    return scope == "global" or thread.startswith("threadIdx")


def _constant(extent: Expr, ranges: Ranges) -> Expr:
    """Return the largest value of an extent that varies, as the size of storage and loops."""
    most = interval(extent, ranges.bounds)[1]
    return extent if most is None else const(most)


def _covers(extent: Expr, dimension: Expr) -> bool:
    """Tell whether `extent` is known to be greater than the whole dimension."""
    if type(extent) is Const and type(dimension) is Const:
        return extent.value > dimension.value
    return False


def _keep_inside(plan: Plan, ranges: Ranges) -> None:
    for axis in plan.op.axis:
        if axis not in plan.padded and plan.starts[axis] is not axis.start:
            value = plan.values[axis]
            for side in (le(axis.start, value), lt(value, add(axis.start, axis.extent))):
                add_condition(plan, side, frozenset((axis,)), ranges)


def _is_by_instruction(plan: Plan) -> bool:
    """Tell whether an instruction computes the stage, in its own loops."""
    return any(is_intrinsic(each) for pragmas in plan.stage.pragmas.values() for each in pragmas)


def _padded_outputs(plan: Plan) -> set[Axis]:
    """Return the data axes with splits whose tiles run over.

    Producers that this stage reads along these axes may compute points past the end.
    """
    relations = plan.stage.relations
    padded = [split.parent for split in splits(relations) if split.tail.runs_over]
    roots = carried(relations, plan.op.axis) if padded else {}
    return {root for axis in padded for root in roots.get(axis, ()) if len(roots[axis]) == 1}


def _loops_of(plan: Plan, roots: set[Axis]) -> set[Var]:
    """Return the loops of the stage itself that the values of `roots` depend on."""
    own = set(plan.loops.values())
    return {var for axis in roots for var in free_vars(plan.values[axis]) if var in own}
