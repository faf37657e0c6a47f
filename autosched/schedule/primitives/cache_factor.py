"""Compute a factor of a sum of products in a stage of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from autosched.analysis.inequalities import is_true
from autosched.ir.build import cast
from autosched.ir.expr import Cast, Expr, Mul
from autosched.ir.rewrite import map_expr
from autosched.schedule.apart import axes_of, computed_apart
from autosched.schedule.arguments import NATURAL, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor


@dataclass(frozen=True, slots=True)
class CacheFactor(StagePrimitive):
    """Make a stage that computes a factor of a sum of products for all points that it depends on.

    The made stage has an axis for each axis in the factor, data axes first, so that an operand
    whose indices are sums, or which is chosen by a condition, can be packed: `cache_read` of the
    made tensor takes any layout. Factors are numbered from the left; a conversion of a factor stays
    where it is. Requires a sum of products of tensors at all points of its reduce axes, to whose
    loops nothing was done.

                                            for p in range(2):
                                                for k in range(3):
        for p in range(2):                          C.factor[p, k] = W[p + k*2]
            for i in range(8):              for p in range(2):
                for k in range(3):    ->        for i in range(8):
                    C[p, i] +=                      for k in range(3):
                        A[i + k]                        C[p, i] += A[i + k] * C.factor[p, k]
                        * W[p + k*2]

    Others: none for a part of an expression; TVM `cache_read` after the factor is a tensor.
    """

    name = "cache_factor"
    arguments = takes(stage=STAGE, number=NATURAL)

    number: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "compute a factor apart"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        found = factors(stage.op)
        if self.number < len(found) and axes_of(found[self.number]):
            return None
        return Reason(
            "expected a factor of a sum of products that depends on axes, got number {number} of "
            "stage {stage.name}",
            stage,
            hint="there are {count} factors",
            number=self.number,
            count=len(found),
        )

    def apply(self, schedule: ScheduleState) -> Tensor:
        stage = self.stage_in(schedule)
        op = stage.op
        assert isinstance(op, ComputeOp), "why_not refuses other stages"
        factor = factors(op)[self.number]
        axes = (*op.axis, *op.reduce_axis)
        copy, read = computed_apart(schedule, stage, factor, f"{stage.name}.factor", axes)
        schedule.rewrite({stage: lambda op: _with_factor(op, self.number, read)})
        return copy


def factors(op: Operation, at_all_points: bool = True) -> list[Expr]:
    """Return the factors of the products that `op` sums, without conversions; else none.

    So none of a sum with a condition, which may guard what they read, unless `at_all_points` is
    false.
    """
    value = summed(op)
    body = op.bodies[0] if isinstance(op, ComputeOp) else None
    if type(value) is not Mul or type(body) is not Reduce:
        return []
    if at_all_points and not is_true(body.condition):
        return []
    return [factor.value if type(factor) is Cast else factor for factor in _operands(value)]


def _operands(value: Expr) -> Iterator[Expr]:
    if type(value) is Mul:
        yield from _operands(value.a)
        yield from _operands(value.b)
    else:
        yield value


def _with_factor(op: ComputeOp, number: int, read: Expr) -> ComputeOp:
    """Return `op` with a read in the place of the factor, which is converted as that was."""
    body = op.bodies[0]
    assert type(body) is Reduce, "only a reduction sums"
    (value,) = body.sources
    factor = list(_operands(value))[number]
    new = cast(read, factor.dtype)
    source = map_expr(value, lambda node: new if node is factor else node)
    return with_bodies(op, (replace(body, sources=(source,)),))
