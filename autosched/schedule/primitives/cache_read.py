"""Let stages read a copy of a tensor, in an order of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from autosched.ir.build import cast, const, select
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Cast, Expr, Select
from autosched.schedule import layout as layouts
from autosched.schedule.arguments import LAYOUT, STAGES, TENSOR, WIDE_FLOAT, WORD, takes
from autosched.schedule.legality import Reason, misplaced, not_an_expression
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.rewrite import fresh_axis, make_op, map_bodies, with_bodies
from autosched.schedule.state import ScheduleState
from autosched.te.check import first_row
from autosched.te.tensor import ComputeOp, Tensor, TensorRead


@dataclass(frozen=True, slots=True)
class CacheRead(Primitive):
    """Make a stage that copies a tensor, and let the given stages read the copy.

    `layout` packs the copy: see `schedule.layout`. Where a tile runs over the end of the
    tensor, the copy holds zeros. With a `dtype` the copy holds a tensor of floats as wider ones,
    so that stages which convert what they read do not convert it each time. Requires stages that
    read the tensor.

        for i in range(60):                 for ax0 in range(60):
            B[i] = A[i] * 2         ->          A.local[ax0] = A[ax0]
                                            for i in range(60):
                                                B[i] = A.local[i] * 2

    Others: TVM `cache_read(tensor, scope, readers)`, and `transform_layout` of the result;
    Halide `in` with `reorder_storage`; Exo `stage_mem`.
    """

    name = "cache_read"
    arguments = takes(tensor=TENSOR, scope=WORD, readers=STAGES, layout=LAYOUT, dtype=WIDE_FLOAT)

    tensor: tuple[int, int]
    scope: str
    readers: tuple[int, ...]
    layout: layouts.Layout | None = None
    dtype: str | None = None

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
        if self.dtype is not None and not _is_wider(as_dtype(self.dtype), tensor.dtype):
            return Reason(
                "expected a tensor of narrower floats to copy as {dtype}, got {tensor.name} of "
                "{tensor.dtype}",
                stage,
                dtype=self.dtype,
                tensor=tensor,
            )
        parts = layouts.parse(self.layout, tensor.ndim)
        return misplaced(stage, tensor, parts) if isinstance(parts, str) else None

    def apply(self, schedule: ScheduleState) -> Tensor:
        tensor = schedule.tensor(self.tensor)
        parts = layouts.parse(self.layout, tensor.ndim)
        assert not isinstance(parts, str)
        held = tensor.dtype if self.dtype is None else as_dtype(self.dtype)
        name = schedule.unused_name(f"{tensor.name}.{self.scope}")
        copy = _copy(tensor, parts, name, held)

        def redirected(op: ComputeOp) -> ComputeOp:
            return with_bodies(op, map_bodies(op, partial(_redirected, tensor, copy, parts)))

        readers = [schedule.numbered[number] for number in self.readers]
        schedule.add_stage(copy.op, scope=self.scope, after=schedule.numbered[self.tensor[0]])
        schedule.rewrite(dict.fromkeys(readers, redirected))
        return copy

    def python(self, names: Names) -> str:
        readers = ", ".join(names.stage_tensor(number) for number in self.readers)
        layout = "" if self.layout is None else f", layout={_as_lists(self.layout)}"
        kind = "" if self.dtype is None else f", dtype={self.dtype!r}"
        copied = f"{names.tensor(self.tensor)}, {self.scope!r}, [{readers}]"
        return f"s.cache_read({copied}{layout}{kind})"


def _is_wider(wide: DType, narrow: DType) -> bool:
    """Tell whether each float of the dtype `narrow` is one of `wide`."""
    return wide.kind == "float" and narrow.is_float and wide.bits > narrow.bits


def _copy(tensor: Tensor, parts: list[layouts.Part], name: str, held: DType) -> Tensor:
    axes = tuple(
        fresh_axis(axis, part.extent(tensor.shape))
        for axis, part in zip(layouts.axis_names(parts), parts, strict=True)
    )
    indices = layouts.source_indices(parts, axes, tensor.ndim)
    value = cast(tensor.read(indices), held)
    body = select(layouts.inside(parts, indices, tensor.shape), value, const(0, held))
    return make_op(name, axes, (body,)).outputs[0]


def _redirected(tensor: Tensor, copy: Tensor, parts: list[layouts.Part], node: Expr) -> Expr:
    """Return a node that reads `tensor` as one that reads the copy, converted to its dtype."""
    if type(node) is TensorRead and node.tensor is tensor:
        return cast(copy.read(tuple(part.index(node.indices) for part in parts)), tensor.dtype)
    if type(node) is Cast and node.dtype is copy.dtype is not tensor.dtype:
        return _widened(node.value, copy)
    return node


def _widened(value: Expr, copy: Tensor) -> Expr:
    """Return `value` in the dtype of the copy, without converting to a narrower one between."""
    if type(value) is Cast and type(value.value) is TensorRead and value.value.tensor is copy:
        return value.value
    if type(value) is Select:
        branches = _widened(value.then, copy), _widened(value.otherwise, copy)
        return select(value.condition, *branches)
    return cast(value, copy.dtype)


def _as_lists(layout: layouts.Layout) -> list[object]:
    return [list(entry) if isinstance(entry, tuple) else entry for entry in layout]
