"""Limits of accelerators: the capacity of a memory, and threads that share evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Extent:
    """An extent: `times` the product of `decisions`, and `plus`; at least 1, at most `most`."""

    decisions: tuple[int, ...]
    times: int
    plus: int
    most: int

    def of(self, vectors: np.ndarray) -> np.ndarray:
        """Return the extent for each candidate of an (n, d) array."""
        product = np.full(len(vectors), self.times, dtype=np.int64)
        for decision in self.decisions:
            product *= vectors[:, decision]
        return np.clip(product + self.plus, 1, self.most)


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """The `buffers`, each the product of its extents, have at most `most` elements together."""

    buffers: tuple[tuple[Extent, ...], ...]
    most: int

    @property
    def decisions(self) -> frozenset[int]:
        """The numbers of the decisions that the limit depends on."""
        return frozenset(
            d for buffer in self.buffers for extent in buffer for d in extent.decisions
        )

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        """Return for each candidate of an (n, d) array whether the buffers fit."""
        used = np.zeros(len(vectors), dtype=np.int64)
        for buffer in self.buffers:
            size = np.ones(len(vectors), dtype=np.int64)
            for extent in buffer:
                size *= extent.of(vectors)
            used += size
        return used <= self.most


@dataclass(frozen=True, slots=True)
class EvenLimit:
    """The decision `threads` divides how many tiles an extent of `size` has."""

    size: int
    tile: int
    threads: int

    @property
    def decisions(self) -> frozenset[int]:
        """The numbers of the decisions that the limit depends on."""
        return frozenset((self.tile, self.threads))

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        """Return for each candidate of an (n, d) array, whether all threads have as many tiles."""
        tiles = -(-self.size // vectors[:, self.tile])
        return tiles % vectors[:, self.threads] == 0
