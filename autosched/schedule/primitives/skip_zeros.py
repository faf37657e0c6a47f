"""Leave out the terms of a sum of products in which a factor is zero by its condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from autosched.analysis.inequalities import conjuncts
from autosched.ir.build import and_
from autosched.ir.expr import Const, Expr, Select
from autosched.schedule.arguments import STAGE, takes
from autosched.schedule.computed import computed
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.primitives.cache_factor import factors
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.bounds import reads_data
from autosched.te.tensor import ComputeOp, Operation, Reduce, TensorRead


@dataclass(frozen=True, slots=True)
class SkipZeros(StagePrimitive):
    """Sum only the terms in which no factor is chosen to be zero, as beyond the edge of an image.

    The condition of a factor, or of the stage that computes it, becomes the condition of the sum,
    so that loops leave out what it excludes. Integers and finite floats give the same sum. A
    factor that is infinite or not a number gives NaN where it meets a zero, and does not where the
    zero is left out. Requires a sum of products of which a factor is `x if c else 0`, where no
    tensor is read by `c`, and to whose loops nothing was done.

        for i in range(8):                  for i in range(8):
            P[i] = A[i - 1] if i > 0            P[i] = A[i - 1] if i > 0
                else 0                              else 0
        for i in range(6):          ->      for i in range(6):
            for k in range(3):                  for k in range(3):
                C[i] += P[i + k] * W[k]             if i + k > 0:
                                                        C[i] += P[i + k] * W[k]

    Not in TVM's schedules, Halide or Exo; libraries do it in convolutions.
    """

    name = "skip_zeros"
    arguments = takes(stage=STAGE)

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "skip zeros"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if nonzero_conditions(stage):
            return None
        return Reason(
            "expected a sum of products of which a factor is zero by a condition, got stage "
            "{stage.name}",
            stage,
        )

    def apply(self, schedule: ScheduleState) -> None:
        stage = self.stage_in(schedule)
        condition = and_(*nonzero_conditions(stage))
        schedule.rewrite({stage: lambda op: _where(op, condition)})


def nonzero_conditions(stage: StageState) -> list[Expr]:
    """Return conditions on the axes of a sum of products; where one fails, a factor is zero."""
    found = [part for factor in factors(stage.op) for part in _conditions(stage, factor)]
    return [part for part in found if not reads_data(part)]


def _conditions(stage: StageState, factor: Expr) -> Iterator[Expr]:
    chosen: Expr | None = factor
    if type(factor) is TensorRead:
        chosen = computed(stage.schedule, factor)
    if type(chosen) is Select and type(chosen.otherwise) is Const and chosen.otherwise.value == 0:
        yield from conjuncts(chosen.condition)


def _where(op: Operation, condition: Expr) -> ComputeOp:
    assert isinstance(op, ComputeOp), "only a reduction sums"
    body = op.bodies[0]
    assert type(body) is Reduce, "only a reduction sums"
    return with_bodies(op, (replace(body, condition=condition),))
