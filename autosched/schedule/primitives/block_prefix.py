"""Reduce prefixes of an axis in blocks: whole blocks first, and then the points of each block."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosched.analysis.inequalities import conjuncts, is_true
from autosched.ir.build import add, and_, const, floordiv, floormod, le, lt, mul, select, sub
from autosched.ir.expr import Const, Expr, Le, Lt, Select
from autosched.schedule.apart import axes_of, computed
from autosched.schedule.arguments import POSITIVE, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies, with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import combining_operator
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor


@dataclass(frozen=True, slots=True)
class BlockPrefix(StagePrimitive):
    """Reduce blocks of `size` points, and start each prefix from the blocks before its own.

    A stage reduces each block, another one the blocks before each block; the old stage starts from
    that and reduces the points of its block. It takes `size` terms a point then in place of all.
    Floats are rounded otherwise. Requires a reduction over one axis by an operator, to whose loops
    nothing was done, of values where that axis is not greater than a data axis, or is less, which
    do not depend on the data axis. There must be two blocks.

                                    for b in range(1):
                                        for k in range(4):
                                            C.blocks[b] += X[b*4 + k]
        for j in range(8):          for b in range(2):
            for k in range(8):  ->      for k in range(1):
                if k <= j:                  if k < b:
                    C[j] += X[k]                C.before[b] += C.blocks[k]
                                    for j in range(8):
                                        C[j] = C.before[j // 4]
                                        for k in range(4):
                                            if k <= j % 4:
                                                C[j] += X[j - k]

    Others: scans of GPUs in blocks, as in CUB; TVM has operators for them; not in Halide or Exo.
    """

    name = "block_prefix"
    arguments = takes(stage=STAGE, size=POSITIVE)

    size: int

    @property
    def algorithm(self) -> str:
        return "prefixes in blocks"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "reduce prefixes in blocks"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        prefix = prefix_of(stage.op)
        if prefix is not None and 1 < self.size < prefix.points:
            return None
        return Reason(
            "expected a reduction over the points up to a data axis of more than {size} points, "
            "in blocks of 2 points or more, got stage {stage.name}",
            stage,
            size=self.size,
        )

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, Tensor]:
        stage = self.stage_in(schedule)
        prefix = prefix_of(stage.op)
        assert prefix is not None, "why_not refuses other stages"
        kept = [each for each in prefix.op.axis if each in prefix.used or each is prefix.end]
        blocks = self._blocks(schedule, prefix, kept)
        schedule.add_stage(blocks.op, before=stage)
        before = self._before(schedule, prefix, kept, blocks)
        schedule.add_stage(before.op, before=stage)
        end, gap = prefix.end, prefix.gap
        back = fresh_axis(prefix.reduced.name, const(self.size - gap), AxisKind.REDUCE)
        distance = add(back, gap)
        first = before.read(
            tuple(
                floordiv(axis, self.size) if axis is end else sub(axis, axis.start) for axis in kept
            )
        )
        rest = prefix.at(sub(end, distance), back)
        inside = le(distance, floormod(end, self.size))
        rest = replace(rest, condition=_both(inside, rest.condition), initial=(first,))
        schedule.rewrite({stage: lambda op: with_bodies(op, (rest,))})
        stage.restart()
        return blocks, before

    def _blocks(self, schedule: ScheduleState, prefix: Prefix, kept: list[Axis]) -> Tensor:
        """Return the tensor of each block but the last one, which no prefix has as a whole."""
        block = fresh_axis(prefix.end.name, const((prefix.points - 1) // self.size))
        point = fresh_axis(prefix.reduced.name, const(self.size), AxisKind.REDUCE)
        whole = prefix.at(add(mul(block, self.size), point), point)
        name = schedule.unused_name(f"{prefix.op.name}.blocks")
        return computed(name, [block if a is prefix.end else a for a in kept], whole)

    def _before(
        self, schedule: ScheduleState, prefix: Prefix, kept: list[Axis], blocks: Tensor
    ) -> Tensor:
        """Return the tensor of what is before each block."""
        place = kept.index(prefix.end)
        number = (prefix.points - 1) // self.size
        made = [
            fresh_axis(axis.name, extent) for axis, extent in zip(kept, blocks.shape, strict=True)
        ]
        made[place] = fresh_axis(prefix.end.name, const(number + 1))
        other = fresh_axis(prefix.reduced.name, const(number), AxisKind.REDUCE)
        read = blocks.read((*made[:place], other, *made[place + 1 :]))
        body = replace(
            prefix.body, sources=(read,), axes=(other,), condition=lt(other, made[place])
        )
        name = schedule.unused_name(f"{prefix.op.name}.before")
        return make_op(name, tuple(made), (body,)).outputs[0]


@dataclass(frozen=True)
class Prefix:
    """A reduction of `value` where `condition` holds, up to `gap` points before those of `end`."""

    op: ComputeOp
    body: Reduce
    end: Axis
    gap: int
    value: Expr
    condition: Expr

    @property
    def reduced(self) -> Axis:
        (axis,) = self.body.axes
        return axis

    @property
    def points(self) -> int:
        assert type(self.end.extent) is Const, "others are no prefixes"
        return int(self.end.extent.value)

    @property
    def used(self) -> set[Axis]:
        """The axes that the reduced values depend on."""
        return axes_of(self.value) | axes_of(self.condition)

    def at(self, point: Expr, axis: Axis) -> Reduce:
        """Return the reduction of the values at points that another axis tells."""
        parts = substitute_bodies((self.value, self.condition), {self.reduced: point})
        return replace(self.body, sources=parts[:1], condition=parts[1], axes=(axis,))


def prefix_of(op: Operation) -> Prefix | None:
    """Return what `op` reduces up to each point of a data axis, if it does."""
    if combining_operator(op) is None:
        return None
    assert isinstance(op, ComputeOp), "only a compute reduces"
    (body,) = op.bodies
    assert isinstance(body, Reduce), "only a reduction combines"
    if body.initial is not None or body.combiner.around or len(body.axes) != 1:
        return None
    body = replace(body, relevant=const(True))
    (value,), (identity,) = body.sources, body.combiner.identities
    chosen: list[Expr] = []
    if type(value) is Select and _is_same(value.otherwise, identity):
        chosen, value = conjuncts(value.condition), value.then
    tested = [] if is_true(body.condition) else conjuncts(body.condition)
    for part in (*tested, *chosen):
        found = _end_of(part, op, body.axes[0])
        if found is None:
            continue
        left = [each for each in chosen if each is not part]
        source = select(and_(*left), value, identity) if left else value
        condition = and_(*(each for each in tested if each is not part))
        prefix = Prefix(op, body, *found, source, condition)
        if prefix.end not in prefix.used:
            return prefix
    return None


def _end_of(part: Expr, op: ComputeOp, reduced: Axis) -> tuple[Axis, int] | None:
    """Return the data axis that a condition compares a reduce axis to, and the gap to it."""
    if not isinstance(part, Le | Lt) or part.a is not reduced or part.b not in op.axis:
        return None
    end, gap = part.b, int(type(part) is Lt)
    assert isinstance(end, Axis), "it is one of the operation"
    starts_at_0 = all(type(a.start) is Const and a.start.value == 0 for a in (end, reduced))
    if not starts_at_0 or type(end.extent) is not Const or type(reduced.extent) is not Const:
        return None
    is_all = int(end.extent.value) <= int(reduced.extent.value) + gap
    return (end, gap) if is_all else None


def _is_same(one: Expr, other: Expr) -> bool:
    return type(one) is Const and type(other) is Const and one.value == other.value


def _both(one: Expr, other: Expr) -> Expr:
    """Return whether both hold; what the other reads may only be there where the first does."""
    return one if is_true(other) else select(one, other, const(False))
