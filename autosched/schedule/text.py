"""Prints the loop nest of a schedule without lowering it.

The text has the loops of each stage with their extents and annotations, the stages attached to
them, and the statement over the axes of the expression. `at most` marks a loop of an attached
stage, which may run over fewer points than its axis has.
"""

from __future__ import annotations

from autosched.ir.build import add
from autosched.ir.expr import Add, Const, Expr, Mul
from autosched.ir.stmt import LoopKind
from autosched.schedule.relations import origins, splits
from autosched.schedule.state import At, Inlined, ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import operator_of
from autosched.te.tensor import ComputeOp, Reduce, ScanOp, Tensor

INDENT = "    "
_UPDATES: dict[type[Expr] | None, str] = {Add: "+=", Mul: "*="}


def nest_text(
    schedule: ScheduleState, stage: StageState | None = None, axis: Axis | None = None
) -> str:
    """Return the nest of `schedule`, or only the one around `stage`, marked by a row of ^.

    The mark is under the loop `axis`, or under the statement of the stage if `axis` is no loop.
    """
    text = _NestText(schedule, stage, axis)
    shown = schedule.stages if stage is None else [stage.outermost]
    for each in shown:
        if type(each.attachment) is not At:
            text.write(each, 0)
    return "\n".join(text.lines)


def statement_text(op: ComputeOp) -> str:
    """Return the statement that computes one point of `op`."""
    body = op.bodies[0]
    places = [f"{tensor.name}[{_names(op.axes)}]" for tensor in op.outputs]
    if type(body) is not Reduce:
        return f"{', '.join(places)} = {', '.join(str(each) for each in op.bodies)}"
    sources = [str(source) for source in body.sources]
    always = type(body.condition) is Const and body.condition.value
    condition = "" if always else f" if {body.condition}"
    if not (type(body.relevant) is Const and body.relevant.value):
        condition += f" only where {body.relevant}"
    if body.initial is not None:
        condition += f" starting at {', '.join(str(value) for value in body.initial)}"
    update = _UPDATES.get(operator_of(body.combiner))
    if update is not None:
        return f"{places[0]} {update} {sources[0]}{condition}"
    left, right = ", ".join(places), ", ".join(sources)
    operands = f"({left}), ({right})" if len(places) > 1 else f"{left}, {right}"
    return f"{left} = {body.combiner.name}({operands}){condition}"


def _names(axes: tuple[Axis, ...]) -> str:
    return ", ".join(axis.name for axis in axes)


class _NestText:
    def __init__(self, schedule: ScheduleState, marked: StageState | None, axis: Axis | None):
        self.lines: list[str] = []
        self._marked = marked
        is_loop = marked is not None and axis is not None and marked.position_of(axis) >= 0
        self._axis = axis if is_loop else None
        self._attached: dict[tuple[StageState, Axis], list[StageState]] = {}
        for stage in schedule.stages:
            at = stage.attachment
            if type(at) is At:
                self._attached.setdefault((at.stage, at.axis), []).append(stage)

    def write(self, stage: StageState, depth: int) -> None:
        if not isinstance(stage.op, (ComputeOp, ScanOp)):
            return
        if type(stage.attachment) is Inlined:
            self.lines.append(f"{INDENT * depth}# {stage.name} is inlined")
            return
        if stage.scope != "global" or stage.alignments:
            self.lines.append(INDENT * depth + _storage(stage))
        for leaf in stage.leaves:
            self._loop(stage, leaf, depth)
            depth += 1
            for attached in self._attached.get((stage, leaf), ()):
                self.write(attached, depth)
        if isinstance(stage.op, ComputeOp):
            self._statement(stage, stage.op, depth)

    def _loop(self, stage: StageState, leaf: Axis, depth: int) -> None:
        kind = stage.kinds.get(leaf, LoopKind.SERIAL).value
        bounds = f"{leaf.start}..{add(leaf.start, leaf.extent)}"
        if type(stage.attachment) is At and not _is_exact(stage, leaf):
            bounds += " at most"
        notes = [str(pragma) for pragma in stage.pragmas.get(leaf, ())]
        notes += _tails(stage, leaf)
        suffix = f" [{', '.join(notes)}]" if notes else ""
        self.lines.append(f"{INDENT * depth}{kind} {leaf.name} in {bounds}{suffix}:")
        if leaf is self._axis:
            self.lines.append(" " * (len(INDENT) * depth + len(kind) + 1) + "^" * len(leaf.name))

    def _statement(self, stage: StageState, op: ComputeOp, depth: int) -> None:
        statement = statement_text(op)
        self.lines.append(INDENT * depth + statement)
        if stage is self._marked and self._axis is None:
            self.lines.append(INDENT * depth + "^" * len(statement))


def _storage(stage: StageState) -> str:
    tensors: tuple[Tensor, ...] = stage.op.outputs
    notes = [] if stage.scope == "global" else [stage.scope]
    notes += [
        f"align({axis.name}, {factor}, {offset})"
        for axis, (factor, offset) in stage.alignments.items()
    ]
    dtypes = ", ".join(f"{tensor.name}: {tensor.dtype}" for tensor in tensors)
    return f"alloc {dtypes} {' '.join(notes)}"


def _tails(stage: StageState, leaf: Axis) -> list[str]:
    """Return the tail policies of uneven splits that change how the loop runs."""
    found = origins(stage.relations, leaf, inner=False)
    return [
        f"{split.parent.name}: {split.tail.name}"
        for split in reversed(splits(stage.relations))
        if split.outer in found and not (split.tail.checks_all_tiles or split.is_even)
    ]


def _is_exact(stage: StageState, leaf: Axis) -> bool:
    """Tell whether an attached stage runs the whole loop, as over a reduce axis or in a tile."""
    if leaf.kind is AxisKind.REDUCE:
        return True
    return any(split.inner is leaf for split in splits(stage.relations))
