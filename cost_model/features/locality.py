"""Where the data of a nest can stay: footprints by level, traffic by cache size, reuse.

Traffic into a cache is modelled as in the analysis of blocked matrix products: the outermost
level whose footprint fits is loaded once each time it runs, except for what does not change
with the loops right outside of it. (Low et al., "Analytical Modeling Is Enough for
High-Performance BLIS", 2016.)
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from autosched.cost_model.features.numbers import Value
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.structure import Access, Nest
from autosched.cost_model.features.touched import Touched, touched


class Locality:
    """The accesses of one nest over all levels; an array has a row for each level."""

    def __init__(self, population: Population, nest: Nest):
        self.population = population
        self.nest = nest
        self.levels = len(nest.loops) + 1
        self._touched: dict[tuple[Access, int], Touched] = {}
        self._lines: dict[Access, np.ndarray] = {}
        self._loads: dict[Access, np.ndarray] = {}
        self._fitting: dict[int, np.ndarray] = {}
        self._candidates = np.arange(population.count)

    def at(self, access: Access, level: int) -> Touched:
        """What `access` touches inside `level`."""
        key = (access, level)
        found = self._touched.get(key)
        if found is None:
            swept = self.population.swept(self.nest, level)
            found = self._touched[key] = touched(self.population, access, swept)
        return found

    def line_bytes(self, access: Access) -> np.ndarray:
        """The bytes of the lines that `access` touches inside each level."""
        lines = self._lines.get(access)
        if lines is None:
            values = [self.at(access, level).line_bytes for level in range(self.levels)]
            lines = self._lines[access] = self._rows(values)
        return lines

    @cached_property
    def footprint(self) -> np.ndarray:
        """The bytes of all lines touched inside each level, those of the stages around too."""
        total = np.zeros((self.levels, self.population.count))
        for access in self.nest.accesses:
            total += self.line_bytes(access)
        total[: len(self.nest.path) + 1] += self._around()
        return total

    def loads(self, access: Access) -> np.ndarray:
        """How often the part that `access` touches inside each level is another one."""
        loads = self._loads.get(access)
        if loads is None:
            values: list[Value] = [1.0]
            for level, moves in enumerate(self.nest.moves(access), 1):
                trips = self.population.trips(self.nest, level)
                values.append(trips if moves else values[-1])
            loads = self._loads[access] = self._rows(values)
        return loads

    def traffic(self, access: Access, capacity: int) -> np.ndarray:
        """The bytes that `access` brings into a cache of `capacity` bytes."""
        return self._into(capacity, self._moved(access))

    def all_traffic(self, capacity: int) -> np.ndarray:
        """The bytes that the nest brings into a cache of `capacity` bytes."""
        return self._into(capacity, self._all_moved)

    def reuse_distance(self, access: Access, nth: int) -> np.ndarray:
        """The bytes touched between two uses by the `nth` loop, from inside, that it lies still in.

        0 where there is no such loop.
        """
        moves = self.nest.moves(access)
        still = [level for level in range(self.levels - 1, 0, -1) if not moves[level - 1]]
        if nth >= len(still):
            return np.zeros(self.population.count)
        return self.footprint[still[nth]]

    @cached_property
    def _all_moved(self) -> np.ndarray:
        return sum((self._moved(access) for access in self.nest.accesses), start=np.zeros(1))

    def _moved(self, access: Access) -> np.ndarray:
        """The bytes loaded if what is touched inside each level is what stays in a cache."""
        return self.loads(access) * self.line_bytes(access)

    def _into(self, capacity: int, moved: np.ndarray) -> np.ndarray:
        level = self._fitting.get(capacity)
        if level is None:
            fits = self.footprint <= capacity
            fits[-1] = True
            level = self._fitting[capacity] = fits.argmax(axis=0)
        return moved[level, self._candidates]

    def _around(self) -> np.ndarray:
        """The lines that the stages around touch of other tensors, at the levels of their loops."""
        depth = len(self.nest.path) + 1
        total = np.zeros((depth, self.population.count))
        around = self.nest.parent
        while around is not None:
            for access in around.accesses:
                if access.source is self.nest:
                    continue
                for level in range(min(depth, len(around.loops) + 1)):
                    swept = self.population.swept(around, level)
                    total[level] += touched(self.population, access, swept).line_bytes
            around = around.parent
        return total

    def _rows(self, values: list[Value]) -> np.ndarray:
        table = np.empty((len(values), self.population.count))
        for level, value in enumerate(values):
            table[level] = value
        return table
