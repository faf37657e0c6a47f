"""Leave out the terms of a reduction that are its identity by a mask."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosched.ir.build import and_
from autosched.ir.expr import Const, Expr
from autosched.schedule.arguments import STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.relevance import relevant_terms
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.tensor import ComputeOp, Operation, Reduce


@dataclass(frozen=True, slots=True)
class SkipMasked(StagePrimitive):
    """Let loops leave out the terms of a reduction that are its identity by a condition.

    Such a term is a product with a factor that is 0 where a condition on indices fails, as the
    exponential of -inf is, or -inf where the greatest value is sought. Serial loops over tiles
    leave out tiles without other terms, and stages that are computed in loops of their reader
    what is not read then. Integers and finite floats give the same result. A factor that is
    infinite or not a number gives NaN where it meets a zero, and may not where a tile is left out.
    Requires a reduction that has such terms by conditions on indices, to whose loops nothing was
    done.

        for i in range(8):                  for i in range(8):
            for k in range(8):      ->          for k in range(i + 1):
                C[i] += P[i, k] * V[k]              C[i] += P[i, k] * V[k]

    with P[i, k] = exp(S[i, k] if k <= i else -inf). Not in TVM's schedules, Halide or Exo; kernels
    for attention do it by hand.
    """

    name = "skip_masked"
    arguments = takes(stage=STAGE)

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "skip masked terms"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if relevant_terms(schedule, stage.op) and not _is_done(stage.op):
            return None
        return Reason(
            "expected a reduction of terms that are its identity by a condition on indices, got "
            "stage {stage.name}",
            stage,
        )

    def apply(self, schedule: ScheduleState) -> None:
        stage = self.stage_in(schedule)
        relevant = and_(*relevant_terms(schedule, stage.op))
        schedule.rewrite({stage: lambda op: _with(op, relevant)})


def _is_done(op: Operation) -> bool:
    return type(_reduction(op).relevant) is not Const


def _with(op: Operation, relevant: Expr) -> ComputeOp:
    body = replace(_reduction(op), relevant=relevant)
    assert isinstance(op, ComputeOp), "only a compute reduces"
    return with_bodies(op, (body,))


def _reduction(op: Operation) -> Reduce:
    assert isinstance(op, ComputeOp), "only a compute reduces"
    body = op.bodies[0]
    assert type(body) is Reduce, "it has terms"
    return body
