"""Compute a tensor in a stage of its own, and copy it to its place."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import TENSORS, WORD, takes
from autosched.schedule.legality import (
    Reason,
    attached_at,
    input_has_no_loops,
    not_an_expression,
    without_loops,
)
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.relayout import loop_indices, over_loops
from autosched.schedule.rewrite import make_op, with_bodies
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import AxisKind
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, slots=True)
class CacheWrite(Primitive):
    """Make a stage that takes over the computation; the old stage copies from it.

    The made stage has data axes of its own and the reduce axes of the old one. If the loops of
    the old stage were split, fused or reordered, the data axes are these loops: the copy is in
    their order. The made stage computes all values of the old one, also if only some of them are
    given, since one loop nest computes them. Requires values of one computed stage, not inlined,
    whose loops are not annotated and contain no other stage, and whose reduce axes are not split
    or fused.

        for i in range(8):                  for i.c in range(8):
            for k in range(4):                  for k in range(4):
                C[i] += A[i, k]     ->              C.local[i.c] += A[i.c, k]
                                            for i in range(8):
                                                C[i] = C.local[i]

    Others: TVM `cache_write(tensor, scope)`; Halide `in`; Exo `stage_mem`.
    """

    name = "cache_write"
    arguments = takes(tensors=TENSORS, scope=WORD)

    tensors: tuple[tuple[int, int], ...]
    scope: str

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self._stage(schedule)
        stages = {number for number, _ in self.tensors}
        if len(stages) > 1 or len(set(self.tensors)) < len(self.tensors):
            return Reason(
                "expected different tensors of one stage to write through a copy, got {found}",
                stage,
                found=", ".join(schedule.tensor(each).name for each in self.tensors),
            )
        action = "write through a copy"
        if not isinstance(stage.op, ComputeOp):
            return input_has_no_loops(stage, action) or not_an_expression(stage, action)
        return without_loops(stage, action) or _settled(stage, action)

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, ...]:
        stage = self._stage(schedule)
        old = stage.op
        assert isinstance(old, ComputeOp)
        loops = [leaf for leaf in stage.leaves if leaf.kind is not AxisKind.REDUCE]
        axes, bodies = over_loops(old, loops, stage.relations)
        name = schedule.unused_name(f"{old.name}.{self.scope}")
        cache = make_op(name, axes, bodies, old.tag, old.attrs)
        schedule.add_stage(cache, scope=self.scope, before=stage)
        indices = loop_indices(old, loops, stage.relations)
        copies = tuple(tensor.read(indices) for tensor in cache.outputs)
        schedule.rewrite({stage: lambda op: with_bodies(op, copies)})
        stage.leaves = loops
        stage.axes = [axis for axis in stage.axes if axis.kind is not AxisKind.REDUCE]
        return tuple(cache.outputs[index] for _, index in self.tensors)

    def python(self, names: Names) -> str:
        tensors = ", ".join(names.tensor(tensor) for tensor in self.tensors)
        several = f"[{tensors}]" if len(self.tensors) > 1 else tensors
        return f"s.cache_write({several}, {self.scope!r})"

    def _stage(self, schedule: ScheduleState) -> StageState:
        return schedule.numbered[self.tensors[0][0]]


def _settled(stage: StageState, action: str) -> Reason | None:
    """Refuse loops that are annotated or contain stages, and reduce axes that are replaced."""
    reduced = any(
        source.kind is AxisKind.REDUCE
        for relation in stage.relations
        for source in relation.sources
    )
    if not (reduced or stage.kinds or stage.pragmas or attached_at(stage)):
        return None
    return Reason(
        "expected a stage whose loops are not annotated and contain no stage, and whose reduce "
        "axes are whole, to {action}, got {stage.name}",
        stage,
        hint="call cache_write before annotations and splits of reduce axes of {stage.name}",
        action=action,
    )
