"""The rule for a contraction that is computed inside of the loops of another stage."""

from __future__ import annotations

from autosched.schedule.schedule import Stage
from autosched.search.space.contraction import ContractionRule
from autosched.search.space.tiles import TAIL
from autosched.te.axis import Axis


class Producer(ContractionRule):
    """A contraction computed for the rows that another stage needs."""

    def tile(self, sink: Stage) -> tuple[Axis, list[Axis]]:
        loops = self.loops(sink)
        (row,), vector = self.variant.unroll, self.variant.vector
        tiles, points = self.b.split(sink, loops[self.positions[row]], self.tiles[row], TAIL)
        wide = loops[self.positions[vector]]
        vectors, lanes = self.b.split(sink, wide, self.tiles[vector], TAIL)
        whole = [each for each in sink.leaves if each not in (tiles, points, vectors, lanes)]
        self.b.reorder(sink, [*whole, vectors, tiles, points, lanes])
        self.b.unroll_and_vectorize(sink, [points, lanes])
        return vectors, [vectors, tiles]
