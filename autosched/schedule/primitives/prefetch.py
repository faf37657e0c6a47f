"""Ask for what a loop will read soon, before it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.ir.stmt import PREFETCH, Prefetched
from autosched.schedule.arguments import AXIS, NATURAL, STAGE, TENSOR, takes
from autosched.schedule.legality import not_a_loop
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason
from autosched.te.tensor import Tensor

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Prefetch(Primitive):
    """Where the stage reads a tensor, fetch into the caches what it reads `offset` steps later.

    The steps are those of the loop; 0 asks for nothing. Worth it for long reads from memory,
    which the hardware's own prefetchers lose at every page. Requires a tensor that the stage
    reads.

        for k in range(64):                 for k in range(64):  # prefetch A, 8 steps ahead
            B[i] += A[k, i]         ->          B[i] += A[k, i]

    Others: TVM `prefetch(tensor, var, offset)`; Halide `prefetch(f, at, from, offset)`.
    """

    name = "prefetch"
    arguments = takes(stage=STAGE, tensor=TENSOR, axis=AXIS, offset=NATURAL)

    stage: int
    tensor: tuple[int, int]
    axis: int
    offset: int

    def why_not(self, schedule: Schedule) -> Reason | None:
        stage = schedule.numbered[self.stage]
        axis = stage.axes[self.axis]
        tensor = self._tensor(schedule)
        if tensor not in stage.inputs:
            return Reason(
                "expected a tensor that {stage.name} reads, to prefetch it, got {tensor.name}",
                stage,
                axis,
                hint="it reads {inputs}",
                tensor=tensor,
                inputs=", ".join(each.name for each in stage.inputs) or "none",
            )
        return not_a_loop(stage, axis)

    def apply(self, schedule: Schedule) -> None:
        if not self.offset:
            return
        stage = schedule.numbered[self.stage]
        pragmas = dict(stage.pragmas.get(stage.axes[self.axis], ()))
        asked: tuple[object, ...] = pragmas.get(PREFETCH, ())  # type: ignore[assignment]
        pragmas[PREFETCH] = (*asked, Prefetched(self._tensor(schedule), self.offset))
        stage.pragmas[stage.axes[self.axis]] = list(pragmas.items())

    def python(self, names: Names) -> str:
        tensor, axis = names.tensor(self.tensor), names.axis(self.stage, self.axis)
        return f"{names.stage(self.stage)}.prefetch({tensor}, {axis}, {self.offset})"

    def _tensor(self, schedule: Schedule) -> Tensor:
        number, index = self.tensor
        return schedule.numbered[number].op.outputs[index]
