"""Sum the terms of a reduced value one by one, as a sum of products over one more axis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosched.ir.build import const, mul
from autosched.ir.expr import Expr
from autosched.ir.traverse import postorder
from autosched.schedule.apart import axes_of, computed_apart
from autosched.schedule.arguments import STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.primitives.choose_after import can_be_anywhere
from autosched.schedule.rewrite import fresh_axis, with_bodies
from autosched.schedule.state import ScheduleState
from autosched.schedule.terms import Terms, terms_of
from autosched.te.axis import Axis, AxisKind
from autosched.te.check import always_evaluated
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor


@dataclass(frozen=True, slots=True)
class SumTerms(StagePrimitive):
    """Make stages of the two factors of all terms of a sum of sums of products, for one more axis.

    So a product of complex numbers in pairs becomes one of matrices. The terms may be chosen by
    conditions on data axes. Each is added to the result by itself: the sum is rounded in another
    order than it is written, and terms that cancel each other may leave a rounding error. Requires
    several terms, of factors that can be read at all points and are told apart by their data axes,
    of a sum to whose loops nothing was done.

                                            for i in range(8), t in range(2), k in range(4):
                                                C.left[i, t, k] = A[i, k] if t == 0 else D[i, k]
        for i in range(8):                  for t in range(2), k in range(4), j in range(8):
            for j in range(8):                  C.right[t, k, j] = B[k, j] if t == 0 else E[k, j]
                for k in range(4):    ->    for i in range(8):
                    C[i, j] += (                for j in range(8):
                        A[i, k] * B[k, j]           for t in range(2):
                        + D[i, k] * E[k, j])            for k in range(4):
                                                            C[i, j] += (C.left[i, t, k]
                                                                * C.right[t, k, j])

    Not in TVM's schedules, Halide or Exo, where it is another definition of the tensor.
    """

    name = "sum_terms"
    arguments = takes(stage=STAGE)

    @property
    def algorithm(self) -> str:
        return "terms summed one by one"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "sum its terms one by one"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if terms_to_sum(stage.op) is not None:
            return None
        return Reason(
            "expected a sum of several products, of factors that can be read everywhere and have "
            "data axes of their own, got stage {stage.name}",
            stage,
        )

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, Tensor]:
        stage = self.stage_in(schedule)
        op = stage.op
        terms = terms_to_sum(op)
        assert terms is not None, "why_not refuses other stages"
        term = fresh_axis("term", const(terms.count), AxisKind.REDUCE)
        made: list[Tensor] = []
        reads: list[Expr] = []
        for side, name in enumerate(("left", "right")):
            factor = terms.factor(side, term)
            axes = _in_order(op, terms, term, factor)
            copy, read = computed_apart(schedule, stage, factor, f"{stage.name}.{name}", axes)
            made.append(copy)
            reads.append(read)
        schedule.rewrite({stage: lambda op: _summed(op, mul(*reads), term)})
        stage.restart()
        return made[0], made[1]


def terms_to_sum(op: Operation) -> Terms | None:
    """Return the terms of what `op` sums if their factors can be computed at all points."""
    terms = terms_of(op)
    if terms is None:
        return None
    factors = [factor for case in terms.cases for term in case for factor in term.sides]
    return terms if can_be_anywhere(postorder(factors, always_evaluated)) else None


def _in_order(op: Operation, terms: Terms, term: Axis, factor: Expr) -> list[Axis]:
    """Return the axes of a factor, with the last data axis innermost that no case decides."""
    data = [axis for axis in op.axis if axis not in terms.decided]
    summed = [term, *op.reduce_axis]
    return [*summed, *op.axis] if data[-1] in axes_of(factor) else [*op.axis, *summed]


def _summed(op: ComputeOp, value: Expr, term: Axis) -> ComputeOp:
    (body,) = op.bodies
    assert isinstance(body, Reduce), "only a reduction sums"
    return with_bodies(op, (replace(body, sources=(value,), axes=(term, *body.axes)),))
