"""Compute a part of a reduced value in a stage of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosched.analysis.inequalities import is_true
from autosched.ir.expr import Expr
from autosched.ir.rewrite import map_expr
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import children, postorder, walk
from autosched.schedule.apart import axes_of, computed_apart
from autosched.schedule.arguments import NATURAL, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.primitives.choose_after import can_be_anywhere
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.axis import Axis
from autosched.te.check import always_evaluated
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor, TensorRead


@dataclass(frozen=True, slots=True)
class CachePart(StagePrimitive):
    """Make a stage that computes a part of what is reduced, once for all points it depends on.

    The made stage has an axis for each axis in the part, in the order in which they index the
    element that has most dimensions by them; without one the last data axis is innermost. Parts
    are numbered from the innermost, operands before what is made of them, equal ones once. Indices
    have no number, nor has what a condition guards that may have to: a read that is not proved to
    be inside, or a division of integers by what is no constant. Requires a reduction, to whose
    loops nothing was done.

                                            for i in range(8):
                                                for k in range(3):
        for i in range(8):                          C.part[i, k] = exp(A[i, k])
            for j in range(4):              for i in range(8):
                for k in range(3):    ->        for j in range(4):
                    C[i, j] +=                      for k in range(3):
                        exp(A[i, k])                    C[i, j] += C.part[i, k] * B[k, j]
                        * B[k, j]

    Others: loop-invariant code motion of compilers, with memory for all points; TVM and Halide ask
    for another stage in the expression.
    """

    name = "cache_part"
    arguments = takes(stage=STAGE, number=NATURAL)

    number: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "compute a part apart"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        count = len(parts(stage.op))
        if self.number < count:
            return None
        return Reason(
            "expected a part of a reduced value that depends on axes, got number {number} of "
            "stage {stage.name}",
            stage,
            hint="there are {count} parts",
            number=self.number,
            count=count,
        )

    def apply(self, schedule: ScheduleState) -> Tensor:
        stage = self.stage_in(schedule)
        part = parts(stage.op)[self.number]
        axes = _in_order(stage.op, part)
        copy, read = computed_apart(schedule, stage, part, f"{stage.name}.part", axes)
        schedule.rewrite({stage: lambda op: _with_read(op, part, read)})
        return copy


def parts(op: Operation) -> list[Expr]:
    """Return the parts of the values that `op` reduces which depend on axes; else none."""
    body = op.bodies[0] if isinstance(op, ComputeOp) else None
    if type(body) is not Reduce:
        return []
    always = set(postorder(body.sources, _unguarded)) if is_true(body.condition) else set()
    harmless: set[Expr] = set()
    for node in postorder(body.sources):
        if harmless.issuperset(children(node)) and can_be_anywhere([node]):
            harmless.add(node)
    keys = ExprKeys()
    found: dict[int, Expr] = {}
    for node in postorder(body.sources, _operands):
        if node in always or node in harmless:
            found.setdefault(keys.of(node), node)
    return [node for node in found.values() if axes_of(node)]


def _in_order(op: Operation, part: Expr) -> list[Axis]:
    """Return the axes of a stage, those of a part in the order of the rows that it reads."""
    data, summed = list(op.axis), list(op.reduce_axis)
    is_last = bool(data) and data[-1] in axes_of(part)
    usual = [*summed, *data] if is_last else [*data, *summed]
    reads = [node for node in walk(part) if type(node) is TensorRead]
    found: list[Axis] = []
    for read in reads:
        dimensions = [[axis for axis in usual if axis in axes_of(i)] for i in read.indices]
        if sum(map(bool, dimensions)) > max(1, len(found)):
            found = list(dict.fromkeys(axis for axes in dimensions for axis in axes))
    return [*(axis for axis in usual if axis not in found), *found]


def _operands(node: Expr) -> tuple[Expr, ...]:
    return () if type(node) is TensorRead else children(node)


def _unguarded(node: Expr) -> tuple[Expr, ...]:
    return () if type(node) is TensorRead else always_evaluated(node)


def _with_read(op: Operation, part: Expr, read: Expr) -> ComputeOp:
    """Return `op` with a read in the place of all that equals the part."""
    assert isinstance(op, ComputeOp), "only a reduction has parts"
    keys = ExprKeys()
    number = keys.of(part)
    memo: dict[Expr, Expr] = {}

    def replaced(node: Expr) -> Expr:
        return read if keys.of(node) == number else node

    first = op.bodies[0]
    assert isinstance(first, Reduce), "only a reduction has parts"
    sources = tuple(map_expr(source, replaced, memo) for source in first.sources)
    bodies = [replace(body, sources=sources) for body in op.bodies if isinstance(body, Reduce)]
    return with_bodies(op, tuple(bodies))
