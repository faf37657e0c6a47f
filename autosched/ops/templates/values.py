"""The values of knobs, and what each does to a schedule when it is applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from autosched.errors import WorkloadError
from autosched.schedule.schedule import Schedule
from autosched.te.axis import Axis


@dataclass(frozen=True)
class SplitValue:
    """The extents of the loops that one loop is split into, the outermost first."""

    extents: tuple[int, ...]

    @property
    def size(self) -> list[int]:
        return list(self.extents)

    @property
    def plain(self) -> Any:
        return self.size

    def apply(self, schedule: Schedule, op: Any, axis: Axis) -> list[Axis]:
        """Split `axis` of the stage of `op` and return the loops, the outermost first."""
        loops = []
        for place in range(1, len(self.size)):
            outer, axis = schedule[op].split(axis, prod(self.size[place:]))
            loops.append(outer)
        return [*loops, axis]


@dataclass(frozen=True)
class OrderValue:
    """An order of loops: the position that each loop had in the list given to the knob."""

    perm: tuple[int, ...]

    @property
    def plain(self) -> Any:
        return list(self.perm)

    def apply(self, schedule: Schedule, op: Any, axes: Sequence[Axis]) -> list[Axis]:
        """Reorder the loops `axes` of the stage of `op` and return them in their new order."""
        ordered = [axes[place] for place in self.perm]
        schedule[op].reorder(*ordered)
        return ordered


@dataclass(frozen=True)
class AnnotationValue:
    """What is done with each of some loops: `none`, `unroll`, `vec` or `parallel`."""

    anns: tuple[str, ...]

    @property
    def plain(self) -> Any:
        return list(self.anns)

    def apply(
        self,
        schedule: Schedule,
        op: Any,
        axes: Sequence[Axis],
        axis_lens: Sequence[int] | None = None,
        max_unroll: int | None = None,
        vec_size: Sequence[int] | None = None,
        cfg: Any = None,
    ) -> list[Axis]:
        """Annotate the loops `axes` of the stage of `op` and return them.

        `axis_lens` are the extents of the loops. With them, loops longer than `max_unroll` are
        not unrolled, and loops whose extent is not in `vec_size` are not vectorized. `cfg` has
        no effect.
        """
        stage = schedule[op]
        lengths: Sequence[int | None] = axis_lens or [None] * len(axes)
        for ann, axis, length in zip(self.anns, axes, lengths, strict=True):
            if ann == "unroll" and not (length and max_unroll and length > max_unroll):
                stage.unroll(axis)
            elif ann == "vec" and not (length and vec_size and length not in vec_size):
                stage.vectorize(axis)
            elif ann == "parallel":
                stage.parallel(axis)
        return list(axes)


@dataclass(frozen=True)
class UnrollValue:
    """Whether a loop is unrolled."""

    val: bool

    @property
    def plain(self) -> Any:
        return self.val

    def apply(self, schedule: Schedule, op: Any, axis: Axis) -> Axis:
        """Unroll `axis` of the stage of `op`, or leave it, and return it."""
        if self.val:
            schedule[op].unroll(axis)
        return axis


@dataclass(frozen=True)
class ChoiceValue:
    """One of the values given to a knob."""

    val: Any

    @property
    def plain(self) -> Any:
        return self.val

    def apply(self, *_: Any) -> Any:
        """Raise WorkloadError: a plain value is used by the code of the template."""
        raise WorkloadError(
            f"expected the value of a knob of plain values, got apply of {self.val!r}",
            hint='use the value, as in s[C].split(y, knobs["tile"].val)',
        )


Value = SplitValue | OrderValue | AnnotationValue | UnrollValue | ChoiceValue
