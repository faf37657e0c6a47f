"""Split a loop into a loop over tiles and a loop in a tile."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.build import ceildiv, const
from autosched.ir.expr import Const, Expr
from autosched.schedule.arguments import AXIS, OPTIONAL_POSITIVE, STAGE, TAIL, takes
from autosched.schedule.legality import Reason, accumulates_twice, cannot_replace, extent_of
from autosched.schedule.primitives.base import LoopPrimitive
from autosched.schedule.relations import AxisSplit
from autosched.schedule.state import At, ScheduleState, StageState
from autosched.schedule.tail import TAILS, USE_EXACT
from autosched.te.axis import Axis, AxisKind


@dataclass(frozen=True, slots=True)
class Split(LoopPrimitive):
    """Put two loops in the place of one: over tiles, and over the points of a tile.

    Give either `factor`, the points of a tile, or `nparts`, the number of tiles; a factor
    over the extent is the extent. `tail` says what happens where the factor does not
    divide the extent: see `schedule.tail`.

    Requires a loop that is not annotated. What is computed in it is then computed in the inner
    loop, and can be moved. The tail
    "shift" requires a data axis of a constant extent of at least a tile, outside of the
    reduction's loops; "pad" requires a data axis.

        for i in range(60):                 for i.outer in range(8):
            B[i] = A[i]             ->          for i.inner in range(8):
                                                    B[i] = A[i]

    Others: TVM `split(parent, factor, nparts)`; Halide `split(x, xo, xi, factor, TailStrategy)`,
    whose GuardWithIf, ShiftInwards and RoundUp are guard, shift and pad; Exo `divide_loop`.
    """

    name = "split"
    sizes = ("factor", "nparts")
    arguments = takes(
        stage=STAGE, axis=AXIS, factor=OPTIONAL_POSITIVE, nparts=OPTIONAL_POSITIVE, tail=TAIL
    )

    factor: int | None = None
    nparts: int | None = None
    tail: str = "guard"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, axis = self.loop_in(schedule)
        if (self.factor is None) == (self.nparts is None):
            return Reason(
                "expected either a factor or nparts to split {axis.name} of stage {stage.name}, "
                "got {found}",
                (stage, axis),
                hint="give factor=8 for tiles of 8 points, nparts=8 for 8 tiles",
                found="neither" if self.factor is None else "both",
            )
        return (
            cannot_replace(stage, axis, "split")
            or self._step_reason(stage, axis)
            or self._tail_reason(stage, axis)
        )

    def apply(self, schedule: ScheduleState) -> tuple[Axis, Axis]:
        stage = schedule.numbered[self.stage]
        parent = stage.axes[self.axis]
        split = AxisSplit.of(parent, self._factor_of(parent), TAILS[self.tail])
        stage.replace_loops(split)
        return split.outer, split.inner

    def _factor_of(self, parent: Axis) -> Expr:
        if self.factor is None:
            return ceildiv(parent.extent, const(self.nparts or 1))
        return const(self.factor)

    def _step_reason(self, stage: StageState, axis: Axis) -> Reason | None:
        """Refuse tiles of unknown size in a step of a scan, as a tile of rows may be several."""
        if stage.op.outputs[0] not in stage.schedule.scans:
            return None
        if type(self._factor_of(axis)) is Const:
            return None
        return Reason(
            "expected tiles of a known size in the steps of a scan, got {axis.name} of stage "
            "{stage.name} in {nparts} parts",
            (stage, axis),
            hint="split it by a factor",
            nparts=self.nparts,
        )

    def _tail_reason(self, stage: StageState, axis: Axis) -> Reason | None:
        if TAILS[self.tail].computes_whole_tiles and axis.kind is not AxisKind.DATA:
            return Reason(
                "expected a data axis to split with tail={tail!r}, got the {axis.kind.value} axis "
                "{axis.name} of stage {stage.name}",
                (stage, axis),
                hint=f"use {USE_EXACT}",
                tail=self.tail,
            )
        return self._shift_reason(stage, axis) if TAILS[self.tail].moves_back else None

    def _shift_reason(self, stage: StageState, axis: Axis) -> Reason | None:
        extent, tile = extent_of(axis), self._factor_of(axis)
        if extent is None or type(tile) is not Const or (self.factor or 0) > extent:
            return Reason(
                "expected a constant extent of at least a tile to shift the last tile of "
                "{axis.name} of stage {stage.name}, got {extent}",
                (stage, axis),
                hint=f"use {USE_EXACT}",
                extent=axis.extent,
            )
        is_even = extent % int(tile.value) == 0 and type(stage.attachment) is not At
        return None if is_even else accumulates_twice(stage, stage.leaves, {axis})
