"""Compute a stage inside a loop of a stage that needs it."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import PARENT_AXIS, STAGE, takes
from autosched.schedule.legality import Reason, held_by_scan, input_has_no_loops, not_a_loop
from autosched.schedule.placement import bypasses, needs
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import At, Inlined, ScheduleState, StageState


@dataclass(frozen=True, slots=True)
class ComputeAt(StagePrimitive):
    """Compute in each iteration of a loop of `parent` the part of the stage that is read there.

    Requires a stage that is computed and is no output, and a loop of a stage that needs
    it, by itself or through others, and through which every output needs it. In a vectorized loop
    each lane computes its own part, and no loop of the stage is parallel. When the schedule is
    lowered, every reader must be computed inside of the loop; it need not be so yet.

        for i in range(8):                  for i in range(8):
            B[i] = A[i] + 1         ->          B[i] = A[i] + 1
        for i in range(8):                      C[i] = B[i] * 2
            C[i] = B[i] * 2

    Others: TVM `compute_at(parent, scope)`; Halide `compute_at(f, var)`; Exo `fuse` of loops.
    """

    name = "compute_at"
    arguments = takes(stage=STAGE, parent=STAGE, axis=PARENT_AXIS)

    parent: int
    axis: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, parent = self.stage_in(schedule), schedule.numbered[self.parent]
        axis = parent.axes[self.axis]
        return (
            input_has_no_loops(stage, "move it")
            or held_by_scan(stage, "move it")
            or not_a_loop(parent, axis)
            or _graph_reason(schedule, stage, parent)
        )

    def apply(self, schedule: ScheduleState) -> None:
        parent = schedule.numbered[self.parent]
        self.stage_in(schedule).attachment = At(parent, parent.axes[self.axis])


def _graph_reason(schedule: ScheduleState, stage: StageState, parent: StageState) -> Reason | None:
    if stage.is_output:
        return Reason(
            "expected a stage that is no output to compute inside of {parent.name}, got "
            "{stage.name}",
            stage,
            hint="cache_write makes a stage of the computation that can be moved",
            parent=parent,
        )
    if type(parent.attachment) is Inlined:
        return Reason(
            "expected a stage with loops to compute {stage.name} in, got {parent.name}, which "
            "is inlined",
            stage,
            hint="choose a loop of a stage that reads {parent.name}",
            parent=parent,
        )
    if not needs(schedule, parent, stage):
        return Reason(
            "expected a stage that needs {stage.name} to compute it in, got {parent.name}",
            stage,
            hint="it is read by {readers}",
            parent=parent,
            readers=", ".join(reader.name for reader in schedule.consumers(stage)),
        )
    output = bypasses(schedule, stage, parent)
    if output is not None:
        return Reason(
            "expected every reader of {stage.name} inside of {parent.name} to compute it there, "
            "got the output {output.name}, which needs it too",
            stage,
            hint="compute {stage.name} at a loop of {output.name}, or at the root",
            parent=parent,
            output=output,
        )
    return None
