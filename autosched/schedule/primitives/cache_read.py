"""Let stages read a copy of a tensor, in an order of its own."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.build import const, select
from autosched.ir.expr import Expr
from autosched.schedule import layout as layouts
from autosched.schedule.arguments import LAYOUT, STAGES, TENSOR, WORD, takes
from autosched.schedule.legality import Reason, misplaced, not_an_expression
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.rewrite import fresh_axis, make_op, with_replaced_tensors
from autosched.schedule.state import ScheduleState
from autosched.te.check import first_row
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, slots=True)
class CacheRead(Primitive):
    """Make a stage that copies a tensor, and let the given stages read the copy.

    `layout` packs the copy: see `schedule.layout`. Where a tile runs over the end of the
    tensor, the copy holds zeros. Requires stages that read the tensor.

        for i in range(60):                 for ax0 in range(60):
            B[i] = A[i] * 2         ->          A.local[ax0] = A[ax0]
                                            for i in range(60):
                                                B[i] = A.local[i] * 2

    Others: TVM `cache_read(tensor, scope, readers)`, and `transform_layout` of the result;
    Halide `in` with `reorder_storage`; Exo `stage_mem`.
    """

    name = "cache_read"
    arguments = takes(tensor=TENSOR, scope=WORD, readers=STAGES, layout=LAYOUT)

    tensor: tuple[int, int]
    scope: str
    readers: tuple[int, ...]
    layout: layouts.Layout | None = None

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        tensor = schedule.tensor(self.tensor)
        stage = schedule.numbered[self.tensor[0]]
        if first_row(tensor):
            return Reason(
                "expected a tensor with all its rows to read a copy of it, got {tensor.name}, "
                "which has none before row {first}",
                stage,
                tensor=tensor,
                first=first_row(tensor),
            )
        for number in self.readers:
            reader = schedule.numbered[number]
            if not isinstance(reader.op, ComputeOp):
                return not_an_expression(reader, "read a copy")
            if tensor not in reader.inputs:
                return Reason(
                    "expected stages that read {tensor.name} to read a copy of it, got "
                    "{reader.name}",
                    stage,
                    hint="it is read by {readers}",
                    tensor=tensor,
                    reader=reader,
                    readers=", ".join(each.name for each in schedule.consumers(stage)) or "none",
                )
        parts = layouts.parse(self.layout, tensor.ndim)
        return misplaced(stage, tensor, parts) if isinstance(parts, str) else None

    def apply(self, schedule: ScheduleState) -> Tensor:
        tensor = schedule.tensor(self.tensor)
        parts = layouts.parse(self.layout, tensor.ndim)
        assert not isinstance(parts, str)
        copy = _copy(tensor, parts, schedule.unused_name(f"{tensor.name}.{self.scope}"))

        def read(indices: tuple[Expr, ...]) -> Expr:
            return copy.read(tuple(part.index(indices) for part in parts))

        def redirected(op: ComputeOp) -> ComputeOp:
            return with_replaced_tensors(op, {tensor: read})

        readers = [schedule.numbered[number] for number in self.readers]
        schedule.add_stage(copy.op, scope=self.scope, after=schedule.numbered[self.tensor[0]])
        schedule.rewrite(dict.fromkeys(readers, redirected))
        return copy

    def python(self, names: Names) -> str:
        readers = ", ".join(names.stage_tensor(number) for number in self.readers)
        layout = "" if self.layout is None else f", layout={_as_lists(self.layout)}"
        return f"s.cache_read({names.tensor(self.tensor)}, {self.scope!r}, [{readers}]{layout})"


def _copy(tensor: Tensor, parts: list[layouts.Part], name: str) -> Tensor:
    axes = tuple(
        fresh_axis(axis, part.extent(tensor.shape))
        for axis, part in zip(layouts.axis_names(parts), parts, strict=True)
    )
    indices = layouts.source_indices(parts, axes, tensor.ndim)
    value = tensor.read(indices)
    zero = const(0, tensor.dtype)
    body = select(layouts.inside(parts, indices, tensor.shape), value, zero)
    return make_op(name, axes, (body,)).outputs[0]


def _as_lists(layout: layouts.Layout) -> list[object]:
    return [list(entry) if isinstance(entry, tuple) else entry for entry in layout]
