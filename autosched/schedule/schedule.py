"""Stages and schedules as users see them: with the primitives as methods, and a trace.

Names and argument order are those of TVM's TE. Each method turns tensors, stages and axes
into the plain values of a primitive and applies it; the primitive says what it requires and
what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, cast

from autosched.errors import ScheduleError, not_offered
from autosched.schedule import primitives as p
from autosched.schedule.given import (
    Key,
    LoopAttributes,
    axis_number,
    axis_numbers,
    plain,
    tensor_number,
)
from autosched.schedule.group import members
from autosched.schedule.index_map import layout_of
from autosched.schedule.legality import Reason
from autosched.schedule.state import (
    At,
    AtRoot,
    Inlined,
    ScheduleState,
    StageState,
    operation_of,
)
from autosched.schedule.tail import TAILS
from autosched.schedule.text import nest_text
from autosched.te.axis import Axis
from autosched.te.tensor import Operation, Tensor


class Stage(StageState):
    """The loops of one operation, and the primitives that change them."""

    __slots__ = ()

    schedule: Schedule

    @property
    def iter_var_attrs(self) -> dict[Axis, LoopAttributes]:
        """The attributes of each loop that is annotated or has pragmas, by TVM's name."""
        return {
            axis: LoopAttributes(
                self.kinds.get(axis), tuple(Key(each.key) for each in self.pragmas.get(axis, ()))
            )
            for axis in {**self.kinds, **self.pragmas}
        }

    @property
    def attach_type(self) -> int:
        """TVM's number for where the stage is computed: 1 root, 2 inlined, 4 in a loop."""
        return {AtRoot: 1, Inlined: 2, At: 4}[type(self.attachment)]

    @property
    def attach_stage(self) -> Stage | None:
        """The stage in whose loops this one is computed, by TVM's name."""
        at = self.attachment
        return cast(Stage, at.stage) if isinstance(at, At) else None

    @property
    def group(self) -> StageGroup | None:
        """The innermost group that the stage is in."""
        around = [group for group in self.schedule.groups if self in group.stages]
        return min(around, key=lambda group: len(group.stages), default=None)

    def _apply(self, kind: Callable[..., p.Primitive], *arguments: Any) -> Any:
        return self.schedule.apply(kind(self.number, *arguments))

    def split(
        self,
        parent: Axis,
        factor: int | None = None,
        nparts: int | None = None,
        disable_predication: bool = False,
        *,
        tail: str = "guard",
    ) -> tuple[Axis, Axis]:
        """Replace a loop by two, outer and inner; see `primitives.split`."""
        if disable_predication:
            ways = "; ".join(f'tail="{tail.name}": {tail.meaning}' for tail in TAILS.values())
            raise not_offered("split with disable_predication", f"choose {ways}")
        return self._apply(p.Split, axis_number(self, parent), plain(factor), plain(nparts), tail)

    def fuse(self, *args: Axis) -> Axis:
        """Replace adjacent loops, given in any order, by one; see `primitives.fuse`."""
        numbers = axis_numbers(self, args)
        return self._apply(
            p.Fuse, tuple(sorted(numbers, key=lambda each: self.position_of(self.axes[each])))
        )

    def reorder(self, *args: Axis) -> None:
        """Put the loops in this order, outermost first; see `primitives.reorder`."""
        self._apply(p.Reorder, axis_numbers(self, args))

    def tile(
        self, x_parent: Axis, y_parent: Axis, x_factor: int, y_factor: int, *, tail: str = "guard"
    ) -> tuple[Axis, Axis, Axis, Axis]:
        """Split two loops into x outer, y outer, x inner, y inner; see `primitives.tile`."""
        x, y = axis_number(self, x_parent), axis_number(self, y_parent)
        return self._apply(p.Tile, x, y, plain(x_factor), plain(y_factor), tail)

    def vectorize(self, var: Axis) -> None:
        """Run the points of the loop in vector lanes; see `primitives.vectorize`."""
        self._apply(p.Vectorize, axis_number(self, var))

    def parallel(self, var: Axis) -> None:
        """Share the points of the loop among threads; see `primitives.parallel`."""
        self._apply(p.Parallel, axis_number(self, var))

    def unroll(self, var: Axis) -> None:
        """Write the body out once per point; see `primitives.unroll`."""
        self._apply(p.Unroll, axis_number(self, var))

    def compute_at(self, parent: StageState, scope: Axis) -> None:
        """Compute the stage inside a loop of `parent`; see `primitives.compute_at`."""
        parent = self.schedule[parent]
        self._apply(p.ComputeAt, parent.number, axis_number(parent, scope))

    def compute_inline(self) -> None:
        """Compute each value where it is read; see `primitives.compute_inline`."""
        self._apply(p.ComputeInline)

    def compute_root(self) -> None:
        """Compute the whole stage before its readers; see `primitives.compute_root`."""
        self._apply(p.ComputeRoot)

    def set_scope(self, scope: str) -> None:
        """Keep the stage's tensors in a memory; see `primitives.set_scope`."""
        self._apply(p.SetScope, scope)

    def storage_align(self, axis: Axis, factor: int, offset: int) -> None:
        """Make a stride `offset` modulo `factor`; see `primitives.storage_align`."""
        number = axis_number(self, axis)
        self._apply(p.StorageAlign, number, plain(factor), plain(offset))

    def pragma(self, var: Axis, pragma_type: str, pragma_value: Any = None) -> None:
        """Attach a pragma to a loop, or annotate it; see `primitives.pragma`."""
        annotations = {
            "vectorize": self.vectorize,
            "unroll": self.unroll,
            "parallel": self.parallel,
        }
        if isinstance(pragma_type, str) and pragma_type in annotations:
            annotations[pragma_type](var)
            return
        self._apply(p.Pragma, axis_number(self, var), pragma_type, plain(pragma_value))

    def prefetch(self, tensor: Any, var: Axis, offset: Any) -> None:
        """Prefetch what the loop reads `offset` steps later; see `primitives.prefetch`."""
        source = tensor_number(self.schedule, tensor)
        self._apply(p.Prefetch, source, axis_number(self, var), plain(offset))

    def cache_factor(self, number: int) -> Tensor:
        """Compute a factor of a sum of products apart; see `primitives.cache_factor`."""
        return self._apply(p.CacheFactor, plain(number))

    def cache_part(self, number: int) -> Tensor:
        """Compute a part of a reduced value apart; see `primitives.cache_part`."""
        return self._apply(p.CachePart, plain(number))

    def choose_after(self) -> Tensor:
        """Test conditions on data axes after a reduction; see `primitives.choose_after`."""
        return self._apply(p.ChooseAfter)

    def choose_product(self) -> None:
        """Choose between products and 0, not their factors; see `primitives.choose_product`."""
        self._apply(p.ChooseProduct)

    def sum_terms(self) -> tuple[Tensor, ...]:
        """Sum the terms of a reduced value one by one; see `primitives.sum_terms`."""
        return self._apply(p.SumTerms)

    def sum_first(self, number: int) -> Tensor:
        """Sum factors over a reduce axis before the others; see `primitives.sum_first`."""
        return self._apply(p.SumFirst, plain(number))

    def block_prefix(self, size: int) -> tuple[Tensor, Tensor]:
        """Reduce prefixes of an axis in blocks of `size`; see `primitives.block_prefix`."""
        return self._apply(p.BlockPrefix, plain(size))

    def offset_factor(self, number: int) -> tuple[Tensor, ...]:
        """Compute a sum of int8 from a factor of uint8; see `primitives.offset_factor`."""
        return self._apply(p.OffsetFactor, plain(number))

    def pad_reduce(self, axis: Axis, multiple: int) -> tuple[Tensor, ...]:
        """Round the extent of a reduce axis up; see `primitives.pad_reduce`."""
        return self._apply(p.PadReduce, axis_number(self, axis), plain(multiple))

    def transform_layout(self, mapping_function: Any) -> tuple[Axis, ...] | None:
        """Store the stage in another layout; return its axes; see `primitives.transform_layout`.

        `mapping_function` is a layout, or a function of indices that gives those in the new layout.
        """
        layout = mapping_function
        if callable(layout):
            layout = layout_of(layout, self.op.outputs[0].ndim)
        return self._apply(p.TransformLayout, plain(layout))

    def skip_zeros(self) -> None:
        """Leave out terms in which a factor is zero by a condition; see `primitives.skip_zeros`."""
        self._apply(p.SkipZeros)

    def skip_masked(self) -> None:
        """Let loops leave out terms that are the identity; see `primitives.skip_masked`."""
        self._apply(p.SkipMasked)

    def winograd(self, tile: int) -> tuple[Tensor, ...]:
        """Compute a convolution by F(tile, 3); return its tensors; see `primitives.winograd`."""
        return self._apply(p.Winograd, plain(tile))

    def bind(self, ivar: Axis, thread_ivar: Any) -> None:
        """Run the points of the loop as threads; see `primitives.bind`."""
        thread = thread_ivar.name if isinstance(thread_ivar, Axis) else thread_ivar
        self._apply(p.Bind, axis_number(self, ivar), thread)

    def tensorize(self, var: Axis, tensor_intrin: Any, shape: Any = ()) -> None:
        """Compute the loop and those inside it by one instruction; see `primitives.tensorize`.

        `tensor_intrin` is the instruction, or its name beside its `shape`.
        """
        name = getattr(tensor_intrin, "name", tensor_intrin)
        shape = plain(getattr(tensor_intrin, "shape", shape))
        self._apply(p.Tensorize, axis_number(self, var), name, shape)

    def double_buffer(self) -> None:
        """Use two buffers in turn; see `primitives.double_buffer`."""
        self._apply(p.DoubleBuffer)

    def env_threads(self, threads: Any) -> None:
        """Take TVM's hint which threads run all steps of a scan.

        It has no effect: the stages of a step are bound to threads themselves.
        """

    def set_store_predicate(self, predicate: Any) -> None:
        """Take TVM's hint which one of several threads stores a value that all of them compute.

        It has no effect: a schedule has the same result without it.
        """

    def rolling_buffer(self) -> NoReturn:
        raise not_offered("rolling_buffer", "compute_at with a smaller tile needs less storage")


class StageGroup:
    """Stages that are moved together; the steps of a scan are a group from the start."""

    def __init__(self, schedule: Schedule, stages: list[Stage], attach_stage: Stage | None = None):
        self.schedule = schedule
        self.stages = stages
        self.attach_stage = attach_stage

    def copy(self, schedule: Schedule) -> StageGroup:
        """Return the group of the same stages of a copy of the schedule."""
        stages = [schedule.numbered[stage.number] for stage in self.stages]
        at = self.attach_stage
        return StageGroup(schedule, stages, at and schedule.numbered[at.number])

    @property
    def num_child_stages(self) -> int:
        return len(self.stages)

    @property
    def group(self) -> StageGroup | None:
        """The smallest other group that has all stages of this one."""
        around = [g for g in self.schedule.groups if g is not self and self._is_in(g)]
        return min(around, key=lambda group: len(group.stages), default=None)

    def _is_in(self, other: StageGroup) -> bool:
        return len(other.stages) > len(self.stages) and all(s in other.stages for s in self.stages)

    def compute_at(self, parent: StageState, scope: Axis) -> None:
        """Compute the stages of the group that have loops of their own inside a loop of `parent`.

        Those computed in loops of others of the group stay there.
        """
        for stage in reversed(self.stages):
            at = stage.attachment
            if isinstance(at, AtRoot) or (isinstance(at, At) and at.stage not in self.stages):
                stage.compute_at(parent, scope)
        self.attach_stage = self.schedule[parent]


class Schedule(ScheduleState):
    """A way to compute the operations of a tensor expression; `trace` has the steps made."""

    stage_type = Stage
    stages: list[Stage]
    numbered: list[Stage]

    def __init__(self, outputs: list[Operation]):
        self.trace: list[p.Primitive] = []
        self.groups: list[StageGroup] = []
        super().__init__(outputs)
        for scan in dict.fromkeys(self.scans.values()):
            steps = [stage for stage in self.stages if self.scans.get(stage.op.outputs[0]) is scan]
            steps = [stage for stage in steps if not stage.is_placeholder]
            self.groups.append(StageGroup(self, steps, cast(Stage, scan)))

    def copy(self) -> Schedule:
        """Return an equal schedule; steps of one do not change the other."""
        copied = Schedule.__new__(Schedule)
        copied._copy_stages(self)
        copied.trace = list(self.trace)
        copied.groups = [group.copy(copied) for group in self.groups]
        return copied

    def __getitem__(self, target: Tensor | Operation | StageState) -> Stage:
        return cast(Stage, super().__getitem__(target))

    def consumers(self, stage: StageState) -> list[Stage]:
        return cast(list[Stage], super().consumers(stage))

    def __str__(self) -> str:
        return nest_text(self)

    def __repr__(self) -> str:
        return f"<Schedule of {', '.join(op.name for op in self.outputs)}>"

    def why_not(self, step: p.Primitive) -> Reason | None:
        """Return the reason why `step` cannot be applied now, or None. Changes nothing."""
        return step.check(self) or step.why_not(self)

    def apply(self, step: p.Primitive) -> Any:
        """Apply `step` and append it to the trace.

        Raises ScheduleError, and changes nothing, where it cannot be applied.
        """
        reason = step.check(self) or step.why_not(self)
        if reason is not None:
            raise reason.error(self)
        result = step.apply(self)
        self.trace.append(step)
        return result

    def cache_read(
        self, tensor: Tensor, scope: str, readers: Any, layout: Any = None, dtype: Any = None
    ) -> Tensor:
        """Let `readers` read a copy of `tensor`; see `primitives.cache_read`."""
        given = readers if isinstance(readers, (list, tuple)) else [readers]
        numbers = tuple(self[reader].number for reader in given)
        kind = None if dtype is None else str(dtype)
        step = p.CacheRead(tensor_number(self, tensor), scope, numbers, plain(layout), kind)
        return self.apply(step)

    def cache_write(self, tensor: Any, scope: str) -> Any:
        """Compute `tensor` in a stage of its own; see `primitives.cache_write`."""
        several = isinstance(tensor, (list, tuple))
        given = tensor if several else [tensor]
        numbers = tuple(tensor_number(self, each) for each in given)
        tensors = self.apply(p.CacheWrite(numbers, scope))
        return list(tensors) if several else tensors[0]

    def rfactor(self, tensor: Tensor, axis: Any, factor_axis: int = 0) -> Any:
        """Reduce in two steps; see `primitives.rfactor`. A list for several outputs."""
        stage = self[tensor]
        step = p.RFactor(stage.number, axis_number(stage, axis), plain(factor_axis))
        tensors = self.apply(step)
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def normalize(self) -> Schedule:
        """Return this schedule; TVM's scripts call it before they lower."""
        return self

    def create_group(self, outputs: Any, inputs: Any, include_inputs: bool = False) -> StageGroup:
        """Return the stages on the ways from inputs to outputs as a group to move together."""
        stages = members(self, outputs, inputs, include_inputs)
        group = StageGroup(self, cast("list[Stage]", stages))
        self.groups = [*self.groups, group]
        return group


def create_schedule(ops: Any) -> Schedule:
    """Return the schedule that computes every stage of `ops` whole, with serial loops.

    `ops` is a tensor or an operation, or a list of them: the outputs. The numbers of the
    stages follow from the structure of the expression, not from names, so that a trace
    applies to the same expression built again. Raises ScheduleError.
    """
    given = list(ops) if isinstance(ops, (list, tuple)) else [ops]
    outputs = list(dict.fromkeys(operation_of(item) for item in given))
    if not outputs or None in outputs:
        raise ScheduleError(
            f"expected a tensor or an operation or a list of them, got {ops!r}",
            hint="give the outputs, as in te.create_schedule(C)",
        )
    return Schedule(outputs)
