"""Test conditions on data axes after a reduction, not for each term."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from autosched.analysis.inequalities import conjuncts
from autosched.ir.build import and_, const, select
from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod, Select
from autosched.ir.traverse import walk
from autosched.schedule.apart import axes_of
from autosched.schedule.arguments import STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.relayout import loop_indices, over_loops
from autosched.schedule.rewrite import make_op, with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.check import is_inside
from autosched.te.combining import combining_operator, term_of
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor, TensorRead


@dataclass(frozen=True, slots=True)
class ChooseAfter(StagePrimitive):
    """Reduce at all points, and then choose the identity where a condition on data axes fails.

    A value that is the identity where a condition fails, such as 0 in a sum, is reduced in a made
    stage without the parts of the condition that depend on data axes alone; the old stage chooses
    by these. Parts that depend on reduce axes stay. Results are the same, also those of infinite
    values. Requires such a value in a stage to whose loops nothing was done, whose elements can be
    read where the condition fails too.

                                            for i.c in range(8):
                                                for j.c in range(8):
        for i in range(8):                          for k in range(4):
            for j in range(8):                          C.all[i.c, j.c] += A[i.c, k] * B[k, j.c]
                for k in range(4):    ->    for i in range(8):
                    C[i, j] += (                for j in range(8):
                        A[i, k] * B[k, j]           C[i, j] = C.all[i, j] if j <= i else 0
                        if j <= i else 0)

    Others: loop unswitching of compilers, around another loop; not in TVM, Halide or Exo.
    """

    name = "choose_after"
    arguments = takes(stage=STAGE)

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "choose after it"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if later_conditions(stage.op):
            return None
        return Reason(
            "expected a reduced value that is the identity where a condition on data axes fails, "
            "of elements that can be read everywhere, got stage {stage.name}",
            stage,
        )

    def apply(self, schedule: ScheduleState) -> Tensor:
        stage = self.stage_in(schedule)
        old = stage.op
        assert isinstance(old, ComputeOp), "why_not refuses other stages"
        later = later_conditions(old)
        axes, bodies = over_loops(_without(old, later), old.axis, ())
        made = make_op(schedule.unused_name(f"{old.name}.all"), axes, bodies, old.tag, old.attrs)
        schedule.add_stage(made, before=stage)
        (whole,) = made.outputs
        read = whole.read(loop_indices(old, old.axis, ()))
        chosen = select(and_(*later), read, _reduced(old).combiner.identities[0])
        schedule.rewrite({stage: lambda op: with_bodies(op, (chosen,))})
        stage.leaves, stage.axes = list(old.axis), list(old.axis)
        return whole


def later_conditions(op: Operation) -> list[Expr]:
    """Return the conditions that can be tested after the reduction of `op`; else none."""
    value = chosen_value(op)
    if value is None or _reduced(op).initial is not None:
        return []
    # Choices inside may rely on the conditions around them, so that reads in these count too.
    if not can_be_anywhere(walk(value.then)):
        return []
    summed = set(op.reduce_axis)
    parts = conjuncts(value.condition)
    return [part for part in parts if axes_of(part) and summed.isdisjoint(axes_of(part))]


def chosen_value(op: Operation) -> Select | None:
    """Return the choice of a value or the identity that `op` reduces, if any."""
    if combining_operator(op) is None:
        return None
    body = _reduced(op)
    value, (identity,) = term_of(body), body.combiner.identities
    if type(value) is not Select or type(identity) is not Const:
        return None
    other = value.otherwise
    return value if type(other) is Const and other.value == identity.value else None


def can_be_anywhere(nodes: Iterable[Expr]) -> bool:
    """Return whether nodes can be computed everywhere: they read inside, divide by constants."""
    return all(
        is_inside(node)
        if type(node) is TensorRead
        else not isinstance(node, FloorDiv | FloorMod) or type(node.b) is Const
        for node in nodes
    )


def _without(op: ComputeOp, conditions: list[Expr]) -> ComputeOp:
    """Return `op` without some parts of the condition of what it reduces."""
    value = chosen_value(op)
    assert value is not None, "it has conditions"
    moved = set(conditions)
    left = [part for part in conjuncts(value.condition) if part not in moved]
    source = select(and_(*left), value.then, value.otherwise) if left else value.then
    return with_bodies(op, (replace(_reduced(op), sources=(source,), condition=const(True)),))


def _reduced(op: Operation) -> Reduce:
    assert isinstance(op, ComputeOp), "only a compute reduces"
    (body,) = op.bodies
    assert isinstance(body, Reduce), "only a reduction combines"
    return body
