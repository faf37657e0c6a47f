"""Compute a sum of products of two int8, or of two uint8, from a uint8 and an int8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autosched.ir.build import add, cast, const, mul, sub
from autosched.ir.dtype import dtype
from autosched.ir.expr import Const, Expr
from autosched.schedule.apart import axes_of, computed, points, source_of
from autosched.schedule.arguments import NATURAL, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.primitives.cache_factor import factors
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.axis import Axis
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor

INT8, UINT8, INT32 = dtype("int8"), dtype("uint8"), dtype("int32")

OFFSET = 128
"""An int8 and this are a uint8, of which this is subtracted for an int8."""


@dataclass(frozen=True, slots=True)
class OffsetFactor(StagePrimitive):
    """Compute a sum of products of int8 from a factor that has 128 added to it, as uint8.

    Instructions multiply a uint8 and an int8; of two uint8 one has 128 subtracted, as int8. The
    made stages compute the factor with the offset, the sum of its products, and what the offset
    adds to that; the old stage subtracts this. The result is the same, also where sums of int32
    overflow. Factors are numbered from the left. Requires a sum in int32 of products of two factors
    of int8, or two of uint8, of which the other depends on all reduce axes, and to whose loops
    nothing was done.

                                            for i in range(4), k in range(8):
                                                C.offset[i, k] = A[i, k] + 128
        for i in range(4):                  for i in range(4), j in range(6), k in range(8):
            for j in range(6):                  C.product[i, j] += C.offset[i, k] * B[k, j]
                for k in range(8):    ->    for j in range(6), k in range(8):
                    C[i, j] +=                  C.excess[j] += B[k, j] * 128
                        A[i, k] * B[k, j]   for i in range(4), j in range(6):
                                                C[i, j] = C.product[i, j] - C.excess[j]

    Others: none as a primitive; oneDNN and TVM do so where they convert operators.
    """

    name = "offset_factor"
    arguments = takes(stage=STAGE, number=NATURAL)

    number: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "offset a factor"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if can_offset(stage.op, self.number):
            return None
        return Reason(
            "expected a sum in int32 of products of two factors of int8, or two of uint8, of which "
            "the other than number {number} depends on all reduce axes, got stage {stage.name}",
            stage,
            number=self.number,
        )

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, ...]:
        stage = self.stage_in(schedule)
        op = stage.op
        assert isinstance(op, ComputeOp), "why_not refuses other stages"
        body = op.bodies[0]
        assert type(body) is Reduce, "only a reduction sums"
        wide = body.dtype
        factor, other = factors(op)[self.number], factors(op)[1 - self.number]
        left = [axis for axis in op.axes if axis in axes_of(other)]
        is_signed = factor.dtype == INT8
        constant, narrow = (
            const(OFFSET if is_signed else -OFFSET, wide),
            UINT8 if is_signed else INT8,
        )

        def made(what: str, axes: Sequence[Axis], value: Expr) -> Tensor:
            tensor = computed(schedule.unused_name(f"{stage.name}.{what}"), axes, value)
            schedule.add_stage(tensor.op, before=stage)
            return tensor

        axes, value, indices = source_of(op, factor)
        shifted = made("offset", axes, cast(add(cast(value, wide), constant), narrow))
        operands = [cast(shifted.read(indices), wide), cast(other, wide)]
        source = mul(*(reversed(operands) if self.number else operands))
        product = made("product", op.axes, replace(body, sources=(source,)))
        added = mul(cast(other, wide), constant)
        excess = made("excess", left, replace(body, sources=(added,), initial=None))
        result = sub(product.read(points(op.axes)), excess.read(points(left)))
        schedule.rewrite({stage: lambda op: with_bodies(op, (result,))})
        stage.restart()
        return shifted, product, excess


def can_offset(op: Operation, number: int) -> bool:
    """Whether `op` sums products of two int8 or two uint8 in int32, for factor `number` of them.

    The other factor depends on all reduce axes; the sum has neither a start nor a condition.
    """
    found, value = factors(op), summed(op)
    if len(found) != 2 or number > 1 or value is None or value.dtype != INT32:
        return False
    assert isinstance(op, ComputeOp), "only computed stages sum"
    body = op.bodies[0]
    if type(body) is not Reduce or body.initial is not None or type(body.condition) is not Const:
        return False
    kinds = {factor.dtype for factor in found}
    return kinds in ({INT8}, {UINT8}) and set(op.reduce_axis) <= axes_of(found[1 - number])
