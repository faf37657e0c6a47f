"""Builds a sketch: applies steps with sample values and records them with open decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from autosched.errors import ScheduleError
from autosched.schedule import primitives as p
from autosched.schedule.arguments import Decision
from autosched.schedule.placement import why_illegal
from autosched.schedule.schedule import Schedule, Stage, create_schedule
from autosched.schedule.sketch import (
    DecisionInfo,
    DependentLimit,
    Limit,
    ProductLimit,
    Sketch,
    bind,
)
from autosched.schedule.trace import replay
from autosched.search.space.structure import extent
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Open:
    """An open decision: its number, and the sample value used while the sketch is built."""

    index: int
    sample: int


Number = int | Open

Result = TypeVar("Result")


class SketchBuilder:
    """A schedule under construction, and the sketch that it is a sample of.

    Undoing steps makes `schedule` anew: stages keep their numbers, but are other objects, and so
    are their axes.
    """

    def __init__(self, outputs: Sequence[Tensor]):
        self._outputs = list(outputs)
        self.schedule: Schedule = create_schedule(self._outputs)
        self.steps: list[p.Primitive] = []
        self.decisions: list[DecisionInfo] = []
        self.samples: list[int] = []
        self.limits: list[Limit] = []
        self.uneven = False
        """Whether some choice of tile sizes leaves a remainder of a data axis."""
        self.rules: list[str] = []
        """The names of the rules that stages are scheduled by."""
        self.dropped: list[str] = []
        """Why the options that `first_legal` undid were illegal."""

    def copy(self) -> SketchBuilder:
        """Return an equal builder; steps of one do not change the other.

        Its stages are other objects, which have the same numbers, operations and axes.
        """
        copied = SketchBuilder.__new__(SketchBuilder)
        copied._outputs = self._outputs
        copied.schedule = self.schedule.copy()
        copied.steps = list(self.steps)
        copied.decisions = list(self.decisions)
        copied.samples = list(self.samples)
        copied.limits = list(self.limits)
        copied.uneven = self.uneven
        copied.rules = list(self.rules)
        copied.dropped = list(self.dropped)
        return copied

    def first_legal(self, options: Iterable[Callable[[], Result]]) -> Result | None:
        """Try options until one leaves the schedule legal; return its result, or None.

        The others are undone, and their reasons go to `dropped`.
        """
        for option in options:
            steps, decisions, limits = len(self.steps), len(self.decisions), len(self.limits)
            uneven = self.uneven
            try:
                result = option()
                reason = why_illegal(self.schedule)
                if reason is None:
                    return result
                self.dropped.append(str(reason))
            except ScheduleError as error:
                self.dropped.append(error.message)
            del self.steps[steps:], self.decisions[decisions:], self.limits[limits:]
            del self.samples[decisions:]
            self.uneven = uneven
            self.schedule = replay(self._outputs, bind(self.steps, self.samples))
        return None

    def decide(self, name: str, role: str, choices: Sequence[int], default: int) -> Number:
        """Open a decision with this default; return the value itself if it is the only choice."""
        values = tuple(sorted({*choices, default}))
        if len(values) == 1:
            return values[0]
        self.decisions.append(DecisionInfo(name, role, values))
        self.samples.append(default)
        return Open(len(self.samples) - 1, default)

    def choices(self, number: Number) -> Sequence[int]:
        """Return the values that a number may take."""
        return self.decisions[number.index].choices if isinstance(number, Open) else (number,)

    def sample(self, number: Number) -> int:
        """Return the value of a number while the sketch is built."""
        return number.sample if isinstance(number, Open) else number

    def limit(self, numbers: Sequence[tuple[Number, int]], most: int, least: int = 0) -> None:
        """Keep the product of `ceil(number / unit)` from `least` to `most`."""
        open_ones = []
        for number, unit in numbers:
            if isinstance(number, Open):
                open_ones.append((number.index, unit))
            else:
                most //= -(-number // unit)
                least = -(-least // -(-number // unit))
        if open_ones:
            self.limits.append(ProductLimit(tuple(open_ones), most, least))

    def limit_unless_more(self, number: Number, others: Sequence[Number]) -> None:
        """Keep a number at 1 unless one of `others` is more."""
        open_ones = frozenset(other.index for other in others if isinstance(other, Open))
        if isinstance(number, Open) and all(other == 1 for other in others if type(other) is int):
            self.limits.append(DependentLimit(number.index, open_ones))

    def sketch(self, name: str) -> Sketch:
        """Return what has been built."""
        return Sketch(
            name,
            tuple(self.steps),
            tuple(self.decisions),
            tuple(self.samples),
            tuple(self.limits),
            tuple(dict.fromkeys(self.rules)),
        )

    def split(
        self, stage: Stage, axis: Axis, factor: Number, tail: str = "guard"
    ) -> tuple[Axis, Axis]:
        self.uneven = self.uneven or not self._divides(stage, axis, factor)
        return self._apply(p.Split, stage.number, stage.axes.index(axis), factor, None, tail)

    def split_into(
        self, stage: Stage, axis: Axis, parts: Number, tail: str = "guard"
    ) -> tuple[Axis, Axis]:
        """Split a reduce axis into a loop over so many parts, and one in a part."""
        return self._apply(p.Split, stage.number, stage.axes.index(axis), None, parts, tail)

    def _divides(self, stage: Stage, axis: Axis, factor: Number) -> bool:
        """Whether every choice of `factor` divides the extent; False for an axis of a split."""
        if axis.kind is AxisKind.REDUCE:
            return True
        size = extent(axis)
        if size is None or axis not in stage.op.axis:
            return False
        return all(size % choice == 0 for choice in self.choices(factor))

    def fuse(self, stage: Stage, axes: Sequence[Axis]) -> Axis:
        if len(axes) == 1:
            return axes[0]
        return self._apply(p.Fuse, stage.number, _numbers(stage, axes))

    def reorder(self, stage: Stage, axes: Sequence[Axis]) -> None:
        if len(axes) > 1 and list(axes) != stage.leaves:
            self._apply(p.Reorder, stage.number, _numbers(stage, axes))

    def vectorize(self, stage: Stage, axis: Axis) -> None:
        self._apply(p.Vectorize, stage.number, stage.axes.index(axis))

    def unroll(self, stage: Stage, axis: Axis) -> None:
        self._apply(p.Unroll, stage.number, stage.axes.index(axis))

    def unroll_and_vectorize(self, stage: Stage, axes: Sequence[Axis]) -> None:
        """Vectorize the last of `axes` and unroll the others."""
        for axis in axes[:-1]:
            self.unroll(stage, axis)
        self.vectorize(stage, axes[-1])

    def parallel(self, stage: Stage, axis: Axis) -> None:
        self._apply(p.Parallel, stage.number, stage.axes.index(axis))

    def pragma(self, stage: Stage, axis: Axis, key: str, value: object = None) -> None:
        self._apply(p.Pragma, stage.number, stage.axes.index(axis), key, value)

    def prefetch(self, stage: Stage, tensor: Tensor, axis: Axis, steps: Number) -> None:
        source = (self.schedule[tensor].number, tensor.value_index)
        self._apply(p.Prefetch, stage.number, source, stage.axes.index(axis), steps)

    def compute_at(self, stage: Stage, parent: Stage, axis: Axis) -> None:
        self._apply(p.ComputeAt, stage.number, parent.number, parent.axes.index(axis))

    def compute_inline(self, stage: Stage) -> None:
        self._apply(p.ComputeInline, stage.number)

    def compute_root(self, stage: Stage) -> None:
        self._apply(p.ComputeRoot, stage.number)

    def set_scope(self, stage: Stage, scope: str) -> None:
        self._apply(p.SetScope, stage.number, scope)

    def cache_write(self, stage: Stage, scope: str) -> Stage:
        outputs = tuple((stage.number, n) for n in range(len(stage.op.outputs)))
        return self.schedule[self._apply(p.CacheWrite, outputs, scope)[0]]

    def bind(self, stage: Stage, axis: Axis) -> None:
        self._apply(p.Bind, stage.number, stage.axes.index(axis), "vthread")

    def tensorize(self, stage: Stage, axis: Axis, name: str, shape: tuple[int, ...]) -> None:
        self._apply(p.Tensorize, stage.number, stage.axes.index(axis), name, shape)

    def double_buffer(self, stage: Stage) -> None:
        self._apply(p.DoubleBuffer, stage.number)

    def cache_read(
        self,
        tensor: Tensor,
        scope: str,
        *readers: Stage,
        layout: Sequence[Any] | None = None,
        dtype: str | None = None,
    ) -> Stage:
        source = (self.schedule[tensor].number, tensor.value_index)
        numbers = tuple(reader.number for reader in readers)
        made = self._apply(p.CacheRead, source, scope, numbers, _tuples(layout), dtype)
        return self.schedule[made]

    def cache_factor(self, stage: Stage, number: int) -> Stage:
        return self.schedule[self._apply(p.CacheFactor, stage.number, number)]

    def cache_part(self, stage: Stage, number: int) -> Stage:
        return self.schedule[self._apply(p.CachePart, stage.number, number)]

    def choose_after(self, stage: Stage) -> Stage:
        return self.schedule[self._apply(p.ChooseAfter, stage.number)]

    def choose_product(self, stage: Stage) -> None:
        self._apply(p.ChooseProduct, stage.number)

    def sum_terms(self, stage: Stage) -> list[Stage]:
        return [self.schedule[tensor] for tensor in self._apply(p.SumTerms, stage.number)]

    def sum_first(self, stage: Stage, number: int) -> Stage:
        return self.schedule[self._apply(p.SumFirst, stage.number, number)]

    def block_prefix(self, stage: Stage, size: int) -> list[Stage]:
        return [self.schedule[made] for made in self._apply(p.BlockPrefix, stage.number, size)]

    def skip_zeros(self, stage: Stage) -> None:
        self._apply(p.SkipZeros, stage.number)

    def skip_masked(self, stage: Stage) -> None:
        self._apply(p.SkipMasked, stage.number)

    def offset_factor(self, stage: Stage, number: int) -> Stage:
        return self.schedule[self._apply(p.OffsetFactor, stage.number, number)[0]]

    def pad_reduce(self, stage: Stage, axis: Axis, multiple: int) -> list[Stage]:
        made = self._apply(p.PadReduce, stage.number, stage.axes.index(axis), multiple)
        return [self.schedule[tensor] for tensor in made]

    def winograd(self, stage: Stage, tile: int) -> list[Stage]:
        return [self.schedule[tensor] for tensor in self._apply(p.Winograd, stage.number, tile)]

    def rfactor(self, stage: Stage, axis: Axis, factor_axis: int = 0) -> Stage:
        made = self._apply(p.RFactor, stage.number, stage.axes.index(axis), factor_axis)
        return self.schedule[made[0]]

    def _apply(self, kind: Any, *arguments: Any) -> Any:
        opened = _with(arguments, lambda number: Decision(number.index))
        sampled = _with(arguments, lambda number: number.sample)
        self.steps.append(kind(*opened))
        return self.schedule.apply(kind(*sampled))


def _numbers(stage: Stage, axes: Sequence[Axis]) -> tuple[int, ...]:
    return tuple(stage.axes.index(axis) for axis in axes)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


def _with(value: Any, replace: Callable[[Open], Any]) -> Any:
    """Replace every open decision in nested tuples."""
    if isinstance(value, tuple):
        return tuple(_with(item, replace) for item in value)
    return replace(value) if isinstance(value, Open) else value
