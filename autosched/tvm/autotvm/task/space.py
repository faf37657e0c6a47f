"""The space of a task's configurations, numbered; the first knob varies fastest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from autosched.errors import WorkloadError
from autosched.ops.templates.knobs import Knobs, KnobSpace
from autosched.ops.templates.values import AnnotationValue, OrderValue, SplitValue
from autosched.ops.templates.values import ChoiceValue as OtherOptionEntity
from autosched.tvm.autotvm.config import Config, ConfigEntity, FallbackConfigEntity

__all__ = [
    "AnnotateEntity", "ConfigEntity", "ConfigSpace", "FallbackConfigEntity", "OtherOptionEntity",
    "ReorderEntity", "SplitEntity",
]  # fmt: skip


def SplitEntity(size: Sequence[int]) -> SplitValue:
    """Return the value of a split, as `cfg["tile_x"] = SplitEntity([-1, 8])`."""
    return SplitValue(tuple(size))


def ReorderEntity(perm: Sequence[int]) -> OrderValue:
    """Return the value of an order of loops."""
    return OrderValue(tuple(perm))


def AnnotateEntity(anns: Sequence[str]) -> AnnotationValue:
    """Return the value of annotations of loops."""
    return AnnotationValue(tuple(anns))


class ConfigSpace(Config):
    """The knobs of a template, and configurations by their numbers."""

    def __init__(self, space: KnobSpace | None = None):
        super().__init__(space or KnobSpace(), {}, defines=True)

    def _is_new(self, name: str) -> bool:
        return True

    @property
    def space_map(self) -> dict[str, Sequence[Any]]:
        """The values of each knob."""
        return {name: knob.candidates for name, knob in self.space.knobs.items()}

    @property
    def dims(self) -> list[int]:
        """How many values each knob has."""
        return [len(values) for values in self.space_map.values()]

    @property
    def range_length(self) -> int:
        """The number of configurations, without filters."""
        return self.space.size

    def __len__(self) -> int:
        """The number of configurations that keep the filters."""
        return self.subrange_length(0, self.range_length)

    def subrange_length(self, start: int, end: int) -> int:
        """Return how many configurations from `start` to before `end` keep the filters."""
        if not 0 <= start <= end <= self.range_length:
            raise WorkloadError(
                f"expected a range within 0 to {self.range_length}, got {start} to {end}"
            )
        if not self.space.filters:
            return end - start
        return sum(map(self.is_index_valid, range(start, end)))

    def is_index_valid(self, index: int) -> bool:
        """Whether the number is in the range, and its configuration keeps the filters."""
        if not 0 <= index < self.range_length:
            return False
        knobs = Knobs(self.space, dict(zip(self.space.knobs, self.point2knob(index), strict=True)))
        return all(keeps(knobs) for keeps in self.space.filters)

    def get(self, index: int) -> ConfigEntity:
        """Return a configuration. Raises WorkloadError if it does not exist or is filtered out."""
        if not self.is_index_valid(index):
            raise WorkloadError(
                f"expected a configuration that keeps the filters, of {self.range_length}, "
                f"got number {index}"
            )
        pairs = zip(self.space_map.items(), self.point2knob(index), strict=True)
        return ConfigEntity({name: values[place] for (name, values), place in pairs}, index)

    def point2knob(self, point: int) -> list[int]:
        """Return the place of each knob's value, from a number."""
        places = []
        for dim in self.dims:
            places.append(point % dim)
            point //= dim
        return places

    def knob2point(self, knob: Sequence[int]) -> int:
        """Return the number, from the place of each knob's value."""
        dims = self.dims
        return sum(place * prod(dims[:number]) for number, place in enumerate(knob))

    def get_rand_index(
        self, start: int | None = None, end: int | None = None, to_exclude: Any = ()
    ) -> int:
        """Return the number of a random configuration in a range, but for some."""
        usable = [i for i in self._range(start, end) if i not in set(to_exclude)]
        order = np.random.default_rng().permutation(len(usable))
        return next(usable[place] for place in order if self.is_index_valid(usable[place]))

    def get_next_index(
        self, index: int, n: int = 1, start: int | None = None, end: int | None = None
    ) -> int | None:
        """Return the number of the `n`th legal configuration after, or before; None if none."""
        step = 1 if n > 0 else -1
        known = self._range(start, end)
        left = abs(n)
        while index + step in known:
            index += step
            left -= self.is_index_valid(index)
            if not left:
                return index
        return None

    def sample_ints(self, m: int) -> list[int]:
        """Return the numbers of `m` random configurations, each once."""
        order = np.random.default_rng().permutation(self.range_length)
        legal = (int(index) for index in order if self.is_index_valid(int(index)))
        return [index for index, _ in zip(legal, range(m), strict=False)]

    def random_walk(self, point: int) -> int:
        """Return the number of a configuration with another value of one knob."""
        rng = np.random.default_rng()
        while True:
            places, dims = self.point2knob(point), self.dims
            number = int(rng.integers(len(dims)))
            places[number] = int(rng.integers(dims[number]))
            found = self.knob2point(places)
            if found != point and self.is_index_valid(found):
                return found

    def _range(self, start: int | None, end: int | None) -> range:
        return range(start or 0, self.range_length if end is None else end)

    def __repr__(self) -> str:
        lines = [f"ConfigSpace (len={len(self)}, range_length={self.range_length}, space_map="]
        for number, (name, knob) in enumerate(self.space.knobs.items()):
            lines.append(f"  {number:2d} {name}: {knob.kind} len={len(knob.candidates)}")
        return "\n".join(lines) + "\n)"


Filter = Callable[[Any], bool]
