"""The knobs of a template: it defines them, and reads the values chosen for this run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from autosched.errors import WorkloadError
from autosched.ops.templates.candidates import annotated, orders, splits
from autosched.ops.templates.values import (
    AnnotationValue,
    ChoiceValue,
    OrderValue,
    SplitValue,
    UnrollValue,
    Value,
)
from autosched.te.axis import Axis


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop that does not exist yet: what `define_split` returns for each of its parts."""

    extent: int | None = None


@dataclass(frozen=True, eq=False)
class Knob:
    """A named choice of a template, and its candidates.

    `texts` are the candidates as JSON; `default` is the place of the one used without a search.
    """

    name: str
    kind: str
    candidates: tuple[Value, ...]
    texts: tuple[str, ...]
    default: int = 0


@dataclass
class KnobSpace:
    """The knobs of a template for given parameters, in the order of their definition."""

    knobs: dict[str, Knob] = field(default_factory=dict)
    filters: list[Callable[[Any], bool]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The number of combinations, without filters."""
        return prod(len(knob.candidates) for knob in self.knobs.values())

    def add(self, name: str, kind: str, candidates: Iterable[Value]) -> None:
        """Add a knob. Raises WorkloadError if it has no candidate or one that is not JSON."""
        values = tuple(candidates)
        if not values:
            raise WorkloadError(f"expected a candidate for the knob {name}, got none")
        try:
            texts = tuple(json.dumps(value.plain) for value in values)
        except TypeError as error:
            raise WorkloadError(
                f"expected numbers, texts and lists of them as values of the knob {name}, "
                f"got a value of another type ({error})"
            ) from None
        self.knobs[name] = Knob(name, kind, values, texts, _default(values))


class Knobs:
    """What a template is given: its knobs, with the value of each for this run.

    `places` are the places of the values among the candidates of each knob; without one a knob
    has its default. The first run `defines` the knobs; later, defining them has no effect.
    """

    def __init__(self, space: KnobSpace, places: Mapping[str, int], defines: bool = False):
        self.space = space
        self.places = places
        self.defines = defines

    def __getitem__(self, name: str) -> Any:
        """Return the value of a knob. Raises WorkloadError if it is not defined."""
        knob = self.space.knobs.get(name)
        if knob is None:
            known = ", ".join(self.space.knobs) or "none"
            raise WorkloadError(f"expected a knob ({known}), got {name!r}")
        return knob.candidates[self.places.get(name, knob.default)]

    def define_split(
        self,
        name: str,
        axis: Axis | Loop | int,
        num_outputs: int = 2,
        policy: str = "factors",
        *,
        max_factor: int | None = None,
        filter: Callable[[SplitValue], bool] | None = None,
        candidate: Sequence[Sequence[int]] | None = None,
    ) -> list[Loop]:
        """Split a loop into `num_outputs` loops, and choose their extents.

        `policy` is `factors`, `power2` or `verbose` (see `candidates.splits`), or `candidate`
        for the extents in `candidate`, the outermost first, where -1 stands for what is left.
        `max_factor` is the greatest extent of an inner loop; `filter` keeps the values for
        which it is true. The value's `apply(schedule, op, axis)` splits the loop and returns
        its parts; `size` are their extents.
        """
        if self._is_new(name):
            extent = extent_of(axis, name)
            if policy == "candidate":
                found = [SplitValue(completed(each, extent)) for each in candidate or ()]
            else:
                found = splits(extent, num_outputs, policy, max_factor)
            self._define(name, "split", found, filter)
        return [Loop() for _ in range(num_outputs)]

    def define_knob(
        self, name: str, candidate: Sequence[Any], filter: Callable[[Any], bool] | None = None
    ) -> None:
        """Choose one of the values in `candidate`: numbers, texts, or lists of them.

        The code of the template uses it, as `knobs[name].val`.
        """
        if self._is_new(name):
            self._define(name, "knob", map(ChoiceValue, candidate), filter)

    def define_reorder(
        self,
        name: str,
        axes: Sequence[Any],
        policy: str = "all",
        *,
        candidate: Sequence[Sequence[Any]] | None = None,
        filter: Callable[[Any], bool] | None = None,
    ) -> list[Any]:
        """Choose an order of loops, and return `axes`.

        `policy` is `all`, `identity`, or `candidate` for the orders in `candidate`: lists of
        the given axes, or of their positions. `apply(schedule, op, axes)` reorders the loops.
        """
        if self._is_new(name):
            if policy == "candidate":
                found = [OrderValue(_positions(name, axes, each)) for each in candidate or ()]
            else:
                found = orders(len(axes), policy)
            self._define(name, "reorder", found, filter)
        return list(axes)

    def define_annotate(
        self,
        name: str,
        axes: Sequence[Any],
        policy: str = "try_unroll",
        *,
        candidate: Sequence[Sequence[str]] | None = None,
        filter: Callable[[Any], bool] | None = None,
    ) -> list[Any]:
        """Choose what to do with each of some loops, and return `axes`.

        `policy` is one of those of `candidates.annotated`, or `candidate` for the lists in
        `candidate` of `none`, `unroll`, `vec` and `parallel`. `apply(schedule, op, axes)`
        annotates the loops.
        """
        if self._is_new(name):
            if policy == "candidate":
                found = [AnnotationValue(tuple(each)) for each in candidate or ()]
            else:
                found = annotated(len(axes), policy)
            self._define(name, "annotate", found, filter)
        return list(axes)

    def define_unroll(self, name: str, axis: Any = None) -> None:
        """Choose whether to unroll a loop; `apply(schedule, op, axis)` does it or leaves it."""
        if self._is_new(name):
            self._define(name, "unroll", map(UnrollValue, (False, True)), None)

    def multi_filter(self, filter: Callable[[Any], bool]) -> None:
        """Keep the combinations of values for which `filter`, called with the knobs, is true."""
        if self.defines:
            self.space.filters.append(filter)

    def _is_new(self, name: str) -> bool:
        if not self.defines and name not in self.space.knobs:
            raise WorkloadError(
                f"expected the same knobs in every run of a template, got {name!r} only with "
                f"some values of others",
                hint="define every knob first, before a value is read",
            )
        return name not in self.space.knobs

    def _define(
        self,
        name: str,
        kind: str,
        found: Iterable[Value],
        filter: Callable[[Any], bool] | None,
    ) -> None:
        self.space.add(name, kind, (value for value in found if filter is None or filter(value)))


def extent_of(axis: Any, name: str) -> int:
    """Return the extent of a loop. Raises WorkloadError if it is not a constant."""
    extent = getattr(axis, "extent", axis)
    value = getattr(extent, "value", extent)
    if type(value) is not int or value < 1:
        raise WorkloadError(
            f"expected a loop of a constant extent for the knob {name}, got {extent}",
            hint="parts of a loop that is not split yet have none; give candidates or a number",
        )
    return value


def completed(size: Sequence[int], extent: int) -> tuple[int, ...]:
    """Return extents of the parts of a loop with the one that is -1 computed."""
    known = prod(int(each) for each in size if each != -1)
    if known < 1 or sum(each == -1 for each in size) > 1:
        raise WorkloadError(f"expected positive extents, one of them -1, got {list(size)}")
    return tuple(-(-extent // known) if each == -1 else int(each) for each in size)


def _default(values: Sequence[Value]) -> int:
    """Return the place of the split with the most even extents, else of the first value."""
    longest = [max(value.size) if isinstance(value, SplitValue) else 0 for value in values]
    return longest.index(min(longest))


def _positions(name: str, axes: Sequence[Any], order: Sequence[Any]) -> tuple[int, ...]:
    """Return the positions in `axes` of the loops in `order`."""
    places = {id(axis): place for place, axis in enumerate(axes)}
    found = tuple(each if isinstance(each, int) else places.get(id(each), -1) for each in order)
    if sorted(found) != list(range(len(axes))):
        raise WorkloadError(
            f"expected every loop once in each order of the knob {name}, got {len(order)} of "
            f"{len(axes)} loops, or one twice"
        )
    return found
