"""Prefetch the elements of a tensor that a loop reads some steps later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autosched.ir.pragma import Ahead, Prefetched, find
from autosched.schedule.arguments import AXIS, NATURAL, STAGE, TENSOR, takes
from autosched.schedule.legality import Reason, attached_at, not_a_loop
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import Inlined, ScheduleState, StageState
from autosched.te.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Prefetch(StagePrimitive):
    """Prefetch into the caches the elements of a tensor that a loop reads `offset` steps later.

    Steps are iterations of the loop; 0 prefetches nothing. It helps long reads from memory, since
    the prefetchers of the hardware stop at every page. Requires a tensor that the stage reads,
    itself or in stages inlined into it, or a stage computed in its loops; then the loops inside
    share the fetches evenly, as its elements are read there several times.

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
        inputs = {each for reader in (stage, *_computed_in(stage)) for each in _read_by(reader)}
        if tensor not in inputs:
            return Reason(
                "expected a tensor that {stage.name} reads, to prefetch it, got {tensor.name}",
                (stage, axis),
                hint="it reads {inputs}",
                tensor=tensor,
                inputs=", ".join(sorted(each.name for each in inputs)) or "none",
            )
        return not_a_loop(stage, axis)

    def apply(self, schedule: ScheduleState) -> None:
        if not self.offset:
            return
        stage = self.stage_in(schedule)
        pragmas = stage.pragmas.setdefault(stage.axes[self.axis], [])
        tensor = schedule.tensor(self.tensor)
        ahead = Ahead(tensor, self.offset, evenly=tensor not in _read_by(stage))
        before = find(pragmas, Prefetched)
        if before is None:
            pragmas.append(Prefetched((ahead,)))
        else:
            pragmas[pragmas.index(before)] = Prefetched((*before.value, ahead))


def _read_by(stage: StageState) -> set[Tensor]:
    """Return the tensors that a stage reads, itself or in the stages inlined into it."""
    found: set[Tensor] = set()
    pending = [stage]
    while pending:
        for tensor in set(pending.pop().inputs) - found:
            found.add(tensor)
            producer = stage.schedule[tensor]
            if type(producer.attachment) is Inlined:
                pending.append(producer)
    return found


def _computed_in(stage: StageState) -> Iterator[StageState]:
    """Yield the stages computed in loops of the stage, or in loops of these."""
    for other in attached_at(stage):
        yield other
        yield from _computed_in(other)
