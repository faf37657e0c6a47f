"""Align the rows of a stage's storage."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import AXIS, NATURAL, POSITIVE, STAGE, takes
from autosched.schedule.legality import Reason
from autosched.schedule.primitives.base import LoopPrimitive
from autosched.schedule.state import ScheduleState


@dataclass(frozen=True, slots=True)
class StorageAlign(LoopPrimitive):
    """Make the stride of a dimension, in elements, `offset` modulo `factor`.

    Requires a data axis of the operation, as it was before any split, and storage of our
    own: an output is the caller's. A dimension is aligned once. The loops stay as they are.

        B: strides (5, 1)       ->          B: strides (8, 1), by factor 8 and offset 0

    Others: TVM `storage_align(axis, factor, offset)`; Halide `align_storage(dim, alignment)`.
    """

    name = "storage_align"
    arguments = takes(stage=STAGE, axis=AXIS, factor=POSITIVE, offset=NATURAL)

    factor: int
    offset: int

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, axis = self.loop_in(schedule)
        if axis not in stage.op.axis:
            return Reason(
                "expected a dimension of {stage.name} to align, got the loop {axis.name}",
                (stage, axis),
                hint="its dimensions are {dimensions}",
                dimensions=", ".join(dimension.name for dimension in stage.op.axis),
            )
        if stage.is_output:
            return Reason(
                "expected storage of the kernel's own to align, got the output {stage.name}",
                (stage, axis),
                hint="cache_write makes a stage with storage of its own",
            )
        if axis in stage.alignments:
            return Reason(
                "expected a dimension that is not aligned yet, got {axis.name} of stage "
                "{stage.name}",
                (stage, axis),
            )
        return None

    def apply(self, schedule: ScheduleState) -> None:
        stage = schedule.numbered[self.stage]
        stage.alignments[stage.axes[self.axis]] = (self.factor, self.offset)
