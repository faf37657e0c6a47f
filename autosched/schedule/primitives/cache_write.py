"""Compute a tensor in a stage of its own, and copy it to its place."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import TENSORS, WORD, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies, with_bodies
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, slots=True)
class CacheWrite(Primitive):
    """Make a stage that takes over the computation; the old stage copies from it.

    The made stage has data axes of its own and the reduce axes of the old one. Requires
    all the values of one computed stage, not inlined, to whose loops nothing was done yet.

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
        every = [(stage.number, index) for index in range(len(stage.op.outputs))]
        if sorted(self.tensors) != every:
            return Reason(
                "expected all the tensors of one stage to write through a copy, got {found}",
                stage,
                hint="stage {stage.name} has {count}",
                found=", ".join(schedule.tensor(each).name for each in self.tensors),
                count=len(stage.op.outputs),
            )
        action = "write through a copy"
        return input_has_no_loops(stage, action) or changed(stage, action, self.name)

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, ...]:
        stage = self._stage(schedule)
        old = stage.op
        assert isinstance(old, ComputeOp)
        axes = tuple(fresh_axis(f"{axis.name}.c", axis.extent) for axis in old.axes)
        bodies = substitute_bodies(old.bodies, dict(zip(old.axes, axes, strict=True)))
        name = schedule.unused_name(f"{old.name}.{self.scope}")
        cache = make_op(name, axes, bodies, old.tag, old.attrs)
        schedule.add_stage(cache, scope=self.scope, before=stage)
        copies = tuple(tensor.read(old.axes) for tensor in cache.outputs)
        schedule.rewrite({stage: lambda op: with_bodies(op, copies)})
        stage.restart()
        return tuple(cache.outputs[index] for _, index in self.tensors)

    def python(self, names: Names) -> str:
        tensors = ", ".join(names.tensor(tensor) for tensor in self.tensors)
        several = f"[{tensors}]" if len(self.tensors) > 1 else tensors
        return f"s.cache_write({several}, {self.scope!r})"

    def _stage(self, schedule: ScheduleState) -> StageState:
        return schedule.numbered[self.tensors[0][0]]
