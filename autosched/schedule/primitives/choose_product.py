"""Choose between a product and 0, where a factor of it was chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from autosched.analysis.inequalities import negated
from autosched.ir.build import and_, cast, const, mul, select
from autosched.ir.expr import Cast, Const, Expr, Mul, Select
from autosched.schedule.arguments import STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, Operation, Reduce


@dataclass(frozen=True, slots=True)
class ChooseProduct(StagePrimitive):
    """Sum products where the conditions hold under which their factors are not 0.

    Such a factor is chosen between a value and 0, or a condition as a number. Integers and finite
    floats give the same result. A factor that is infinite or not a number gives NaN where it meets
    a zero, and is left out then. Requires a sum of such products, to whose loops nothing was done.

        for i in range(8):                          for i in range(8):
            for k in range(4):              ->          for k in range(4):
                C[i] += (1 if I[k] == i                     C[i] += (A[k] if I[k] == i
                         else 0) * A[k]                              else 0)

    Not in TVM, Halide or Exo.
    """

    name = "choose_product"
    arguments = takes(stage=STAGE)

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "choose between its products and 0"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if with_choice(stage.op) is not None:
            return None
        return Reason(
            "expected a sum of products with a factor that is 0 where a condition fails, got "
            "stage {stage.name}",
            stage,
        )

    def apply(self, schedule: ScheduleState) -> None:
        stage = self.stage_in(schedule)
        chosen = with_choice(stage.op)
        assert chosen is not None, "why_not refuses other stages"
        schedule.rewrite({stage: lambda op: chosen})


def with_choice(op: Operation) -> ComputeOp | None:
    """Return a sum with choices between products and 0 in place of those of factors, if any."""
    value = summed(op)
    if type(value) is not Mul or not isinstance(op, ComputeOp):
        return None
    conditions: list[Expr] = []
    factors: list[Expr] = []
    for factor in _factors(value):
        condition, left = _chosen(factor)
        if condition is not None:
            conditions.append(condition)
        if not (type(left) is Const and left.value == 1):
            factors.append(left)
    if not conditions:
        return None
    product = reduce(mul, factors) if factors else const(1, value.dtype)
    chosen = select(and_(*conditions), product, const(0, value.dtype))
    body = op.bodies[0]
    assert isinstance(body, Reduce), "it sums"
    return with_bodies(op, (replace(body, sources=(chosen,)),))


def _factors(value: Expr) -> list[Expr]:
    if type(value) is Mul:
        return [*_factors(value.a), *_factors(value.b)]
    return [value]


def _chosen(factor: Expr) -> tuple[Expr | None, Expr]:
    """Return the condition under which a factor may be other than 0, if any, and what it is."""
    match factor:
        case Select(condition, then, Const(0)):
            return condition, then
        case Select(condition, Const(0), otherwise):
            return negated(condition), otherwise
        case Cast(value, dtype) if value.dtype.is_bool:
            return value, const(1, dtype)
        case Cast(value, dtype):
            known, left = _chosen(value)
            return (None, factor) if known is None else (known, cast(left, dtype))
    return None, factor
