"""How a nest uses caches: footprints by level, traffic by cache size, reuse distances.

Traffic into a cache is modelled as in the analysis of blocked matrix products: the data touched
inside the outermost level whose footprint fits is loaded each time that level runs, except data
that does not change with the loops directly around it. (Low et al., "Analytical Modeling Is
Enough for High-Performance BLIS", 2016.)
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from autosched.cost_model.features.population import Population, cached_method
from autosched.cost_model.features.structure import Access, Nest
from autosched.cost_model.features.touched import Touched


class Locality:
    """The accesses of one nest at all levels. Arrays have a row for each level."""

    def __init__(self, population: Population, nest: Nest):
        self.population = population
        self.nest = nest
        self.levels = len(nest.loops) + 1
        self._candidates = np.arange(population.count)

    def at(self, access: Access, level: int) -> Touched:
        """Return what `access` touches inside `level`."""
        inside = self.population.touched(self.nest, access)
        return Touched(inside.elements[level], inside.lines[level])

    @cached_method
    def line_bytes(self, access: Access) -> np.ndarray:
        """Return the bytes of the lines that `access` touches inside each level."""
        line_bytes: np.ndarray = self.population.touched(self.nest, access).line_bytes
        return line_bytes

    @cached_property
    def footprint(self) -> np.ndarray:
        """The bytes of all lines touched inside each level, with those of the nests around."""
        total = np.zeros((self.levels, self.population.count))
        for access in self.nest.accesses:
            total += self.line_bytes(access)
        total[: len(self.nest.path) + 1] += self._around()
        return total

    def loads(self, access: Access) -> np.ndarray:
        """Return how often the part that `access` touches inside each level changes."""
        changes = [0]
        for level, moves in enumerate(self.nest.moves(access), 1):
            changes.append(level if moves else changes[-1])
        trips: np.ndarray = self.population.trips(self.nest)[changes]
        return trips

    def traffic(self, access: Access, capacity: int) -> np.ndarray:
        """Return the bytes that `access` brings into a cache of `capacity` bytes."""
        return self._into(capacity, self._moved(access))

    def all_traffic(self, capacity: int) -> np.ndarray:
        """Return the bytes that the nest brings into a cache of `capacity` bytes."""
        return self._into(capacity, self._all_moved)

    def reuse_distance(self, access: Access, nth: int) -> np.ndarray:
        """Return the bytes touched between two uses of the same element by one loop.

        The loop is the `nth`, from inside, that does not move `access`; 0 where there is none.
        """
        moves = self.nest.moves(access)
        still = [level for level in range(self.levels - 1, 0, -1) if not moves[level - 1]]
        if nth >= len(still):
            return np.zeros(self.population.count)
        return self.footprint[still[nth]]

    @cached_property
    def _all_moved(self) -> np.ndarray:
        return sum((self._moved(access) for access in self.nest.accesses), start=np.zeros(1))

    @cached_method
    def _moved(self, access: Access) -> np.ndarray:
        """Return the bytes loaded if a cache holds what is touched inside each level."""
        return self.loads(access) * self.line_bytes(access)

    def _into(self, capacity: int, moved: np.ndarray) -> np.ndarray:
        return moved.take(self._fitting(capacity))

    @cached_method
    def _fitting(self, capacity: int) -> np.ndarray:
        """Return the place, in an array by level, of each candidate's outermost level that fits."""
        fits = self.footprint <= capacity
        fits[-1] = True
        return fits.argmax(axis=0) * self.population.count + self._candidates

    def _around(self) -> np.ndarray:
        """Return the bytes of lines of other tensors that the nests around touch, by level."""
        depth = len(self.nest.path) + 1
        total = np.zeros((depth, self.population.count))
        for nest in self.nest.around:
            for access in nest.accesses:
                if access.source is self.nest:
                    continue
                rows = self.population.touched(nest, access).line_bytes[:depth]
                total[: len(rows)] += rows
        return total
