"""Sum the factors that depend on a reduce axis over it first, and multiply the others then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from autosched.analysis.inequalities import is_true
from autosched.ir.build import add, mul, sub
from autosched.ir.expr import Expr, Mul
from autosched.schedule.apart import axes_of
from autosched.schedule.arguments import NATURAL, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies, with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor


@dataclass(frozen=True, slots=True)
class SumFirst(StagePrimitive):
    """Make a stage that sums the factors which depend on a reduce axis over it.

    The old stage multiplies the sums by the other factors, and sums these products over its other
    reduce axes: a product of three matrices takes two products instead of a sum over two axes for
    each element. Floats are rounded otherwise. Reduce axes are numbered in their order. Requires
    a sum of products at all points of several reduce axes, of which some factors depend on the
    axis and some do not, to whose loops nothing was done.

                                            for i in range(8), y in range(4):
        for i in range(8):                      for x in range(4):
            for j in range(8):                      C.first[i, y] += A[i, x] * B[x, y]
                for x in range(4):    ->    for i in range(8):
                    for y in range(4):          for j in range(8):
                        C[i, j] += (                for y in range(4):
                            A[i, x]                     C[i, j] += C.first[i, y] * D[y, j]
                            * B[x, y]
                            * D[y, j])

    Others: the order of contractions of `einsum`; not in TVM's schedules, Halide or Exo.
    """

    name = "sum_first"
    arguments = takes(stage=STAGE, number=NATURAL)

    number: int

    @property
    def algorithm(self) -> str:
        return "factors summed first"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "sum factors first"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if self.number < len(stage.op.reduce_axis) and first_factors(stage.op, self.number):
            return None
        return Reason(
            "expected a sum of products over several reduce axes, of which some factors depend on "
            "number {number} and some do not, got stage {stage.name}",
            stage,
            number=self.number,
        )

    def apply(self, schedule: ScheduleState) -> Tensor:
        stage = self.stage_in(schedule)
        op = stage.op
        assert isinstance(op, ComputeOp), "why_not refuses other stages"
        first = first_factors(op, self.number)
        axis = op.reduce_axis[self.number]
        used = {each for factor in first for each in axes_of(factor)} - {axis}
        kept = [each for each in (*op.axis, *op.reduce_axis) if each in used]
        made = tuple(fresh_axis(each.name, each.extent) for each in kept)
        values = {old: add(new, old.start) for old, new in zip(kept, made, strict=True)}
        (body,) = op.bodies
        assert isinstance(body, Reduce), "only a reduction sums"
        value = replace(body, sources=(_product(first),), axes=(axis,), initial=None)
        name = schedule.unused_name(f"{stage.name}.first")
        (sums,) = make_op(name, made, substitute_bodies((value,), values)).outputs
        schedule.add_stage(sums.op, before=stage)
        read = sums.read(tuple(sub(each, each.start) for each in kept))
        others = [factor for factor in factors_of(op) if factor not in set(first)]
        axes = tuple(each for each in op.reduce_axis if each is not axis)
        total = replace(body, sources=(_product([read, *others]),), axes=axes)
        schedule.rewrite({stage: lambda op: with_bodies(op, (total,))})
        stage.restart()
        return sums


def factors_of(op: Operation) -> list[Expr]:
    """Return the factors, with their conversions, of what `op` sums at all points; else none."""
    value = summed(op)
    body = op.bodies[0] if isinstance(op, ComputeOp) else None
    if value is None or type(body) is not Reduce:
        return []
    found: list[Expr] = []
    left = [value] if is_true(body.condition) else []
    while left:
        node = left.pop()
        if type(node) is Mul:
            left += [node.b, node.a]
        else:
            found.append(node)
    return found


def first_factors(op: Operation, number: int) -> list[Expr]:
    """Return the factors that depend on a reduce axis, if there are others and other axes."""
    factors, axes = factors_of(op), op.reduce_axis
    first = [factor for factor in factors if axes[number] in axes_of(factor)]
    return first if 0 < len(first) < len(factors) and len(axes) > 1 else []


def _product(factors: Sequence[Expr]) -> Expr:
    return reduce(mul, factors)
