"""Prefetch the elements of a tensor that a loop reads some steps later."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.pragma import Ahead, Prefetched, find
from autosched.schedule.arguments import AXIS, NATURAL, STAGE, TENSOR, takes
from autosched.schedule.legality import Reason, not_a_loop
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import ScheduleState


@dataclass(frozen=True, slots=True)
class Prefetch(StagePrimitive):
    """Prefetch into the caches the elements of a tensor that the stage reads `offset` steps later.

    Steps are iterations of the loop; 0 prefetches nothing. It helps long reads from memory, since
    the prefetchers of the hardware stop at every page. Requires a tensor that the stage reads.

        for k in range(64):                 for k in range(64):  # prefetch A, 8 steps ahead
            B[i] += A[k, i]         ->          B[i] += A[k, i]

    Others: TVM `prefetch(tensor, var, offset)`; Halide `prefetch(f, at, from, offset)`.
    """

    name = "prefetch"
    arguments = takes(stage=STAGE, tensor=TENSOR, axis=AXIS, offset=NATURAL)

    tensor: tuple[int, int]
    axis: int
    offset: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        axis = stage.axes[self.axis]
        tensor = schedule.tensor(self.tensor)
        if tensor not in stage.inputs:
            return Reason(
                "expected a tensor that {stage.name} reads, to prefetch it, got {tensor.name}",
                (stage, axis),
                hint="it reads {inputs}",
                tensor=tensor,
                inputs=", ".join(each.name for each in stage.inputs) or "none",
            )
        return not_a_loop(stage, axis)

    def apply(self, schedule: ScheduleState) -> None:
        if not self.offset:
            return
        stage = self.stage_in(schedule)
        pragmas = stage.pragmas.setdefault(stage.axes[self.axis], [])
        ahead = Ahead(schedule.tensor(self.tensor), self.offset)
        before = find(pragmas, Prefetched)
        if before is None:
            pragmas.append(Prefetched((ahead,)))
        else:
            pragmas[pragmas.index(before)] = Prefetched((*before.value, ahead))
