"""Store a tensor in another layout, and compute it in the order of that layout."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.build import const
from autosched.ir.expr import Expr
from autosched.schedule import layout as layouts
from autosched.schedule.arguments import LAYOUT, STAGE, takes
from autosched.schedule.legality import Reason, changed, first, misplaced, not_an_expression
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.relations import divides
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies, with_replaced_tensors
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis
from autosched.te.check import first_row
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp


@dataclass(frozen=True, slots=True)
class TransformLayout(StagePrimitive):
    """Give the tensors of a stage the dimensions of a layout, and the stage a loop for each.

    For the layout see `schedule.layout`. The kernel takes arrays of the new shape where the tensor
    is an input or an output. Requires tiles that divide their dimensions, expressions as readers,
    and a stage to whose loops nothing was done.

        for i in range(8):                  for i.0 in range(2):
            for j in range(6):                  for j in range(6):
                B[i, j] = A[i, j]                   for i.1 in range(4):
        for i in range(8):            ->                B[i.0, j, i.1] = A[i.0*4 + i.1, j]
            for j in range(6):              for i in range(8):
                C[i, j] = B[i, j]               for j in range(6):
                                                    C[i, j] = B[i//4, j, i % 4]

    Others: TVM `transform_layout(mapping_function)`; Halide `reorder_storage` and `Func::in`; Exo
    `rearrange_dim` and `divide_dim`.
    """

    name = "transform_layout"
    makes_a_tuple = True
    arguments = takes(stage=STAGE, layout=LAYOUT)

    layout: layouts.Layout

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        action = "store in another layout"
        if not stage.is_placeholder:
            if not isinstance(stage.op, ComputeOp):
                return not_an_expression(stage, action)
            if refused := changed(stage, action, self.name) or _aligned(stage):
                return refused
        if first_row(stage.op.outputs[0]) or stage.op.outputs[0] in schedule.scans:
            return Reason("expected a stage that is no step of a scan, got {stage.name}", stage)
        readers = (each for each in schedule.consumers(stage) if not _is_expression(each))
        return first(not_an_expression(each, "read another layout") for each in readers) or (
            self._layout_reason(stage)
        )

    def apply(self, schedule: ScheduleState) -> tuple[Axis, ...] | None:
        stage = self.stage_in(schedule)
        parts = layouts.parse(self.layout, stage.op.outputs[0].ndim)
        assert not isinstance(parts, str)
        new = _stored(stage.op, parts)
        reads = {
            old: lambda indices, tensor=tensor: tensor.read(
                tuple(part.index(indices) for part in parts)
            )
            for old, tensor in zip(stage.op.outputs, new.outputs, strict=True)
        }
        readers = schedule.consumers(stage)
        schedule.replace_op(stage, new)
        schedule.rewrite(dict.fromkeys(readers, lambda op: with_replaced_tensors(op, reads)))
        stage.restart()
        return None if stage.is_placeholder else new.axis

    def _layout_reason(self, stage: StageState) -> Reason | None:
        tensor = stage.op.outputs[0]
        parts = layouts.parse(self.layout, tensor.ndim)
        if isinstance(parts, str):
            return misplaced(stage, tensor, parts)
        for part in parts:
            extent = tensor.shape[part.dimension]
            if part.above is None and part.unit > 1 and not divides(const(part.unit), extent):
                return Reason(
                    "expected tiles that divide dimension {dimension} of {stage.name}, of extent "
                    "{extent}, got tiles of {unit}",
                    stage,
                    hint="cache_read takes a layout with an incomplete last tile",
                    dimension=part.dimension,
                    extent=extent,
                    unit=part.unit,
                )
        return None


def _is_expression(stage: StageState) -> bool:
    return isinstance(stage.op, ComputeOp)


def _aligned(stage: StageState) -> Reason | None:
    if not stage.alignments:
        return None
    return Reason(
        "expected a stage without aligned axes to store in another layout, got {stage.name}",
        stage,
        hint="call transform_layout before storage_align",
    )


def _stored(old: Operation, parts: list[layouts.Part]) -> Operation:
    """Return the operation whose tensors have a dimension for each part."""
    names = [axis.name for axis in old.axis]
    shape = old.outputs[0].shape
    axes = tuple(
        fresh_axis(name, part.extent(shape))
        for name, part in zip(layouts.axis_names(parts, names), parts, strict=True)
    )
    if isinstance(old, PlaceholderOp):
        new = PlaceholderOp(old.name, old.constant)
        new.make_outputs(tuple(axis.extent for axis in axes), [old.outputs[0].dtype])
        return new
    assert isinstance(old, ComputeOp), "why_not refuses other stages"
    points: tuple[Expr, ...] = layouts.source_indices(parts, axes, len(shape))
    bodies = substitute_bodies(old.bodies, dict(zip(old.axes, points, strict=True)))
    return make_op(old.name, axes, bodies, old.tag, old.attrs)
