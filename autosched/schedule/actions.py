"""What a user calls on a stage: names and argument order as in TVM's TE.

Each call turns tensors, stages and axes into the plain values of a primitive, and
applies that; the primitive says what it requires and what it does.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NoReturn

from autosched.errors import NotOfferedError, ScheduleError
from autosched.ir.expr import Const
from autosched.schedule import primitives as p
from autosched.te.axis import Axis

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule
    from autosched.schedule.stage import Stage


class StageActions:
    """The primitives of one stage, as methods of it."""

    __slots__ = ()

    def split(
        self: Any,
        parent: Axis,
        factor: int | None = None,
        nparts: int | None = None,
        disable_predication: bool = False,
        *,
        tail: str = "guard",
    ) -> tuple[Axis, Axis]:
        """Two loops, outer and inner, in the place of `parent`; see `primitives.split`."""
        if disable_predication:
            hint = 'choose how the tail is treated: tail="guard", "shift", "pad" or "partition"'
            raise not_offered("split with disable_predication", hint)
        step = p.Split(self.number, axis_number(self, parent), plain(factor), plain(nparts), tail)
        return self.schedule.apply(step)

    def fuse(self: Any, *args: Axis) -> Axis:
        """One loop over the points of adjacent loops; see `primitives.fuse`."""
        return self.schedule.apply(p.Fuse(self.number, axis_numbers(self, args)))

    def reorder(self: Any, *args: Axis) -> None:
        """The loops in this order, outermost first; see `primitives.reorder`."""
        self.schedule.apply(p.Reorder(self.number, axis_numbers(self, args)))

    def tile(
        self: Any,
        x_parent: Axis,
        y_parent: Axis,
        x_factor: int,
        y_factor: int,
        *,
        tail: str = "guard",
    ) -> tuple[Axis, Axis, Axis, Axis]:
        """Loops over tiles and in them: x outer, y outer, x inner, y inner."""
        x, y = axis_number(self, x_parent), axis_number(self, y_parent)
        step = p.Tile(self.number, x, y, plain(x_factor), plain(y_factor), tail)
        return self.schedule.apply(step)

    def vectorize(self: Any, var: Axis) -> None:
        """Run the points of the loop in vector lanes; see `primitives.vectorize`."""
        self.schedule.apply(p.Vectorize(self.number, axis_number(self, var)))

    def parallel(self: Any, var: Axis) -> None:
        """Share the points of the loop among threads; see `primitives.parallel`."""
        self.schedule.apply(p.Parallel(self.number, axis_number(self, var)))

    def unroll(self: Any, var: Axis) -> None:
        """Write the body out once per point; see `primitives.unroll`."""
        self.schedule.apply(p.Unroll(self.number, axis_number(self, var)))

    def compute_at(self: Any, parent: Stage, scope: Axis) -> None:
        """Compute what `parent` needs inside its loop `scope`; see `primitives.compute_at`."""
        parent = self.schedule[parent]
        step = p.ComputeAt(self.number, parent.number, axis_number(parent, scope))
        self.schedule.apply(step)

    def compute_inline(self: Any) -> None:
        """Compute each value where it is read; see `primitives.compute_inline`."""
        self.schedule.apply(p.ComputeInline(self.number))

    def compute_root(self: Any) -> None:
        """Compute it whole before its readers; see `primitives.compute_root`."""
        self.schedule.apply(p.ComputeRoot(self.number))

    def set_scope(self: Any, scope: str) -> None:
        """The memory the stage's tensors live in; see `primitives.set_scope`."""
        self.schedule.apply(p.SetScope(self.number, scope))

    def storage_align(self: Any, axis: Axis, factor: int, offset: int) -> None:
        """Strides of a dimension that are `offset` modulo `factor`; see the primitive."""
        number = axis_number(self, axis)
        self.schedule.apply(p.StorageAlign(self.number, number, plain(factor), plain(offset)))

    def pragma(self: Any, var: Axis, pragma_type: str, pragma_value: Any = None) -> None:
        """Hand a hint on a loop to the passes; see `primitives.pragma`."""
        step = p.Pragma(self.number, axis_number(self, var), pragma_type, plain(pragma_value))
        self.schedule.apply(step)

    def prefetch(self: Any, tensor: Any, var: Axis, offset: Any) -> None:
        """Fetch what the loop reads some steps later; see `primitives.prefetch`."""
        source = tensor_number(self.schedule, tensor)
        step = p.Prefetch(self.number, source, axis_number(self, var), plain(offset))
        self.schedule.apply(step)

    def bind(self: Any, ivar: Axis, thread_ivar: Any) -> None:
        """Run the points of the loop as virtual threads; see `primitives.bind`."""
        thread = thread_ivar.name if isinstance(thread_ivar, Axis) else thread_ivar
        if isinstance(thread, str) and thread.startswith(("threadIdx", "blockIdx")):
            raise not_offered(f"bind to {thread}", "the targets here have no such; use parallel")
        self.schedule.apply(p.Bind(self.number, axis_number(self, ivar), thread))

    def tensorize(self: Any, var: Axis, tensor_intrin: Any, shape: Any = ()) -> None:
        """Compute the loop and those inside it by one instruction; see `primitives.tensorize`.

        `tensor_intrin` is the instruction, or its name beside its `shape`.
        """
        name = getattr(tensor_intrin, "name", tensor_intrin)
        shape = plain(getattr(tensor_intrin, "shape", shape))
        self.schedule.apply(p.Tensorize(self.number, axis_number(self, var), name, shape))

    def double_buffer(self: Any) -> None:
        """Two buffers that take turns, for loads beside the work; see the primitive."""
        self.schedule.apply(p.DoubleBuffer(self.number))

    def env_threads(self: Any, threads: Any) -> NoReturn:
        raise not_offered("env_threads", "the targets here have no thread axes; use parallel")

    def set_store_predicate(self: Any, predicate: Any) -> NoReturn:
        raise not_offered("set_store_predicate", "the targets here have no thread axes")

    def rolling_buffer(self: Any) -> NoReturn:
        raise not_offered("rolling_buffer", "compute_at with a smaller tile needs less storage")


def cache_read(
    schedule: Schedule, tensor: Any, scope: str, readers: Any, layout: Any
) -> p.CacheRead:
    """The step for `Schedule.cache_read`."""
    given = readers if isinstance(readers, (list, tuple)) else [readers]
    stages = tuple(schedule[reader].number for reader in given)
    return p.CacheRead(tensor_number(schedule, tensor), scope, stages, plain(layout))


def cache_write(schedule: Schedule, tensor: Any, scope: str) -> p.CacheWrite:
    """The step for `Schedule.cache_write`."""
    given = tensor if isinstance(tensor, (list, tuple)) else [tensor]
    return p.CacheWrite(tuple(tensor_number(schedule, each) for each in given), scope)


def rfactor(schedule: Schedule, tensor: Any, axis: Any, factor_axis: int) -> p.RFactor:
    """The step for `Schedule.rfactor`."""
    stage = schedule[tensor]
    return p.RFactor(stage.number, axis_number(stage, axis), plain(factor_axis))


def axis_number(stage: Stage, axis: Any) -> int:
    """The position of `axis` in `stage.axes`; raises ScheduleError if it is not there."""
    if isinstance(axis, Axis):
        for number, known in enumerate(stage.axes):
            if known is axis:
                return number
    found = axis.name if isinstance(axis, Axis) else repr(axis)
    if not stage.axes:
        raise ScheduleError(
            f"expected a stage with loops, got {stage.name}, which is an input",
            hint="cache_read makes a stage that copies it",
        )
    raise ScheduleError(
        f"expected an axis of stage {stage.name}, got {found}",
        hint="its loops are " + ", ".join(leaf.name for leaf in stage.leaves),
    )


def axis_numbers(stage: Stage, axes: Any) -> tuple[int, ...]:
    if len(axes) == 1 and isinstance(axes[0], (list, tuple)):
        axes = axes[0]
    return tuple(axis_number(stage, axis) for axis in axes)


def tensor_number(schedule: Schedule, tensor: Any) -> tuple[int, int]:
    stage = schedule[tensor]
    return stage.number, getattr(tensor, "value_index", 0)


def plain(value: Any) -> Any:
    """`value` with integers of every kind as Python's; what is no integer stays for the check."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    if isinstance(value, Const):
        return value.value
    if value is None or isinstance(value, (bool, str)):
        return value
    try:
        return operator.index(value)
    except TypeError:
        return value


def not_offered(name: str, hint: str) -> NotOfferedError:
    return NotOfferedError(
        f"expected a primitive that autosched has, got {name}, which is not offered yet", hint=hint
    )
