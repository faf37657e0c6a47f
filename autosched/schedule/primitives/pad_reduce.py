"""Round the extent of a reduce axis up: the factors of the products are zero past its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autosched.analysis.inequalities import is_true
from autosched.ir.build import const, lt, select
from autosched.ir.expr import Const, Expr
from autosched.ir.rewrite import map_expr
from autosched.schedule.apart import axes_of, computed, source_of, window_source
from autosched.schedule.arguments import AXIS, POSITIVE, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.primitives.cache_factor import factors
from autosched.schedule.rewrite import fresh_axis, substitute_bodies, with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor, TensorRead


@dataclass(frozen=True, slots=True)
class PadReduce(StagePrimitive):
    """Round the extent of a reduce axis of a sum of products up to a multiple of `multiple`.

    The made stages hold the factors, with zeros past the end of the axis, so that the sum is the
    same. Instructions that take several terms at once then need no remainder. Requires an axis of
    a known extent that starts at 0, of a sum of products to whose loops nothing was done; in each
    factor it is an index by itself.

                                            for i in range(4), k in range(8):
                                                C.padded[i, k] = A[i, k] if k < 7 else 0
        for i in range(4):                  for k in range(8), j in range(6):
            for j in range(6):                  C.padded.1[k, j] = B[k, j] if k < 7 else 0
                for k in range(7):    ->    for i in range(4), j in range(6), k in range(8):
                    C[i, j] +=                  C[i, j] += C.padded[i, k]
                        A[i, k] * B[k, j]           * C.padded.1[k, j]

    Others: TVM MetaSchedule `pad_einsum`; Halide `TailStrategy::RoundUp` of an update.
    """

    name = "pad_reduce"
    arguments = takes(stage=STAGE, axis=AXIS, multiple=POSITIVE)

    axis: int
    multiple: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        axis = stage.axes[self.axis]
        action = "pad a reduce axis"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        if can_pad(stage.op, axis):
            return None
        return Reason(
            "expected a reduce axis of a known extent that starts at 0, of a sum of products in "
            "which it is an index of each factor by itself, got {axis.name} of stage {stage.name}",
            (stage, axis),
        )

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, ...]:
        stage = self.stage_in(schedule)
        old, op = stage.axes[self.axis], stage.op
        assert isinstance(op, ComputeOp), "why_not refuses other stages"
        body = op.bodies[0]
        assert type(body) is Reduce, "only a reduction sums"
        assert type(old.extent) is Const, "why_not refuses other axes"
        extent = const(-(-int(old.extent.value) // self.multiple) * self.multiple)
        new = fresh_axis(old.name, extent, AxisKind.REDUCE)
        padded: dict[Expr, TensorRead] = {}
        for factor in dict.fromkeys(factors(op, at_all_points=False)):
            name = schedule.unused_name(f"{stage.name}.padded")
            padded[factor] = _with_zeros(name, op, factor, old, new)
            schedule.add_stage(padded[factor].tensor.op, before=stage)
        sources = (map_expr(body.sources[0], lambda node: padded.get(node, node)), body.relevant)
        source, relevant = substitute_bodies(sources, {old: new})
        axes = tuple(new if axis is old else axis for axis in body.axes)
        result = replace(body, sources=(source,), axes=axes, relevant=relevant)
        schedule.rewrite({stage: lambda op: with_bodies(op, (result,))})
        stage.restart()
        return tuple(read.tensor for read in padded.values())


def can_pad(op: Operation, axis: Axis) -> bool:
    """Whether `op` sums products in which a reduce axis of a known extent indexes each factor.

    It is that by itself, but indices of other axes may be sums, as in windows. A condition of the
    sum may not depend on the axis; factors are elements of tensors then, which are copied where the
    condition fails too. A factor that does not depend on the axis could be infinite, and zero times
    it is NaN.
    """
    if axis not in op.reduce_axis or type(axis.extent) is not Const or not _starts_at_zero(axis):
        return False
    found = factors(op, at_all_points=False)
    if not found or axis in axes_of(_condition(op)):
        return False
    if not is_true(_condition(op)) and any(type(factor) is not TensorRead for factor in found):
        return False
    return all(_place(_apart(op, factor)[2], axis) is not None for factor in found)


def _condition(op: Operation) -> Expr:
    assert isinstance(op, ComputeOp), "other operations sum nothing"
    body = op.bodies[0]
    assert type(body) is Reduce, "only a reduction sums"
    return body.condition


def _starts_at_zero(axis: Axis) -> bool:
    return type(axis.start) is Const and axis.start.value == 0


def _place(indices: Sequence[Expr], axis: Axis) -> int | None:
    """Return the dimension of the made tensor that an axis indexes, if it is one and all of it."""
    found = [place for place, index in enumerate(indices) if axis in axes_of(index)]
    return found[0] if len(found) == 1 and indices[found[0]] is axis else None


def _with_zeros(name: str, op: ComputeOp, factor: Expr, old: Axis, new: Axis) -> TensorRead:
    """Return the read of a tensor of a factor that has zeros where `new` is longer than `old`."""
    axes, value, indices = _apart(op, factor)
    place = _place(indices, old)
    assert place is not None, "why_not refuses other factors"
    wide = fresh_axis(old.name, new.extent)
    inside = lt(wide, old.extent)
    (value,) = substitute_bodies((value,), {axes[place]: wide})
    value = select(inside, value, const(0, value.dtype))
    made = computed(name, [*axes[:place], wide, *axes[place + 1 :]], value)
    read = made.read(indices)
    assert type(read) is TensorRead
    return read


def _apart(op: Operation, factor: Expr) -> tuple[Sequence[Axis], Expr, tuple[Expr, ...]]:
    """Return `source_of` a factor; where a condition may guard its indices, of all their points."""
    assert isinstance(op, ComputeOp), "other operations sum nothing"
    if is_true(_condition(op)) or type(factor) is not TensorRead:
        return source_of(op, factor)
    return window_source(factor, is_guarded=True)
