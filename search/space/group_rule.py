"""The loops of a group: shared over rows, tiled where a reduction goes along with the sink.

In a group, the loops that all stages go along with are parallel, and the producers are
computed in them. Where the sink's innermost axis is among those that a producer goes along
with, the sink is tiled and such producers are computed tile by tile, in registers.
"""

from __future__ import annotations

from math import prod

from autosched.schedule.stage import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.groups import LEAST_ROWS, Group
from autosched.search.space.reduction import (
    accumulate,
    accumulate_rows,
    by_lanes,
    factor,
    is_long,
    is_reduction,
    part,
    reuses,
)
from autosched.search.space.structure import extent
from autosched.search.space.tiles import LARGE, REGISTERS, unroll_tiles, vector_tiles
from autosched.te.axis import Axis

STRETCHES = (8, 16, 32, 64, 128, 256)
"""Vectors of a row whose sums are kept in the nearest cache."""

UNROLLED_POINTS = 8
"""Points of an unrolled axis in a tile of a reduction that reuses little."""


class GroupRule:
    """Schedules one group of a schedule under construction."""

    def __init__(
        self, builder: SketchBuilder, group: Group, lanes: int, tail: str, streamed: bool
    ) -> None:
        self.b = builder
        self.sink = group.sink
        self.members = dict(group.members)
        self.rows = group.rows
        self.tail = tail
        self.streamed = streamed
        self.lanes = lanes

    def apply(self) -> None:
        if not self.sink.op.axis:
            self.scalar()
            return
        partial: Stage | None = None
        if is_reduction(self.sink):
            if by_lanes(self.sink, self.lanes):
                partial = factor(self.b, self.sink, self.lanes)
            else:
                self.write_through()
        last = len(self.sink.op.axis) - 1
        tiled = [
            stage
            for stage, along in self.members.items()
            if last in along and not (is_reduction(stage) and by_lanes(stage, self.lanes))
        ]
        if tiled and partial is None:
            self.tile(tiled)
        else:
            self.by_row(partial)

    def scalar(self) -> None:
        """A sink of one element: what leads to it runs at the root."""
        if is_reduction(self.sink) and by_lanes(self.sink, self.lanes):
            factor(self.b, self.sink, self.lanes)

    def write_through(self) -> None:
        """Reduce into a copy, which goes along with every axis of the sink."""
        every = range(len(self.sink.op.axis))
        copy = self.b.cache_write(self.sink, "local")
        self.members[copy] = {d: d for d in every}

    def by_row(self, partial: Stage | None) -> None:
        """Share the loops over rows; along each row, every stage has loops of its own."""
        b, sink = self.b, self.sink
        rows = [sink.op.axis[d] for d in self.rows]
        own = [axis for axis in sink.op.axis if axis not in rows]
        if not own and not self.members and partial is None:
            own, rows = rows[-1:], rows[:-1]
        if partial is None:
            inner = self.loops(sink, own)
            b.reorder(sink, [*rows, *inner])
            if _points(rows) < LEAST_ROWS and not self.members and not sink.op.reduce_axis:
                rows = [*rows, *inner[:-1]]
        else:
            b.reorder(sink, [*rows, *own, *sink.op.reduce_axis])
        at = self.parallel(rows)
        for stage, along in self.members.items():
            self.member(stage, [stage.op.axis[p] for d, p in along.items() if d in self.rows], at)
        inside = own[-1] if own else at
        if partial is not None and inside is not None:
            b.compute_at(partial, sink, inside)

    def parallel(self, axes: list[Axis]) -> Axis | None:
        # What a split made counts whatever its extent, which a decision may change.
        roots = self.sink.op.axis
        wide = [axis for axis in axes if extent(axis) != 1 or axis not in roots]
        if not wide:
            return axes[-1] if axes else None
        first, last = axes.index(wide[0]), axes.index(wide[-1])
        shared = self.b.fuse(self.sink, axes[first : last + 1])
        self.b.parallel(self.sink, shared)
        return axes[-1] if last + 1 < len(axes) else shared

    def member(self, stage: Stage, rows: list[Axis], at: Axis | None) -> None:
        """A producer of one row, computed in the loop `at` of the sink."""
        b = self.b
        own = [axis for axis in stage.op.axis if axis not in rows]
        if is_reduction(stage) and by_lanes(stage, self.lanes):
            partial = factor(b, stage, self.lanes)
            b.reorder(stage, [*rows, *own, *stage.op.reduce_axis])
            parent, inside = (stage, own[-1]) if own else (self.sink, at)
            if inside is not None:
                b.compute_at(partial, parent, inside)
        else:
            b.reorder(stage, [*rows, *self.loops(stage, own)])
        if at is not None:
            b.compute_at(stage, self.sink, at)
            if not (own and is_reduction(stage)):  # where it is not local, it is promoted
                b.set_scope(stage, "local")

    def loops(self, stage: Stage, own: list[Axis]) -> list[Axis]:
        """The loops over the axes that are a stage's own, its reduction's too, vectorized."""
        b = self.b
        reduce = list(stage.op.reduce_axis)
        wide = [axis for axis in own if extent(axis) != 1]
        if not wide:
            return [*own, *reduce]
        vector = wide[-1]
        outer = [axis for axis in own if axis is not vector]
        size = extent(vector)
        if size is None or size > self.lanes:
            step = b.decide(
                f"{stage.name}.{vector.name}.vector", "vector",
                _vector_steps(size, self.lanes), _vector_default(size, self.lanes),
            )  # fmt: skip
            rest, vector = b.split(stage, vector, step, self.tail)
            outer.append(rest)
        b.vectorize(stage, vector)
        return [*outer, *reduce, vector]

    def tile(self, tiled: list[Stage]) -> None:
        """Tile the sink; `tiled` are computed in registers, other members further out."""
        b, sink = self.b, self.sink
        inside = [d for d in range(len(sink.op.axis)) if all(d in self.members[s] for s in tiled)]
        vector = len(sink.op.axis) - 1
        wide = [d for d in inside if d != vector and self.reused_along(d, tiled)]
        unroll = wide[-1] if wide else None
        if self.streamed and unroll is None and any(map(is_long, tiled)):
            self.stream(tiled, inside)
            return
        tiles: dict[int, Number] = {vector: self.vector_tile(sink.op.axis[vector])}
        if unroll is not None:
            axis = sink.op.axis[unroll]
            choices = unroll_tiles(extent(axis), UNROLLED_POINTS)
            default = max(c for c in choices if c <= 4)
            tiles[unroll] = b.decide(f"{sink.name}.{axis.name}.tile", "unroll", choices, default)
            b.limit([(tiles[vector], self.lanes), (tiles[unroll], 1)], REGISTERS)
        at = self.tile_loops(tiles, inside)
        for stage, along in self.members.items():
            if stage in tiled:
                places = {along[d]: number for d, number in tiles.items()}
                accumulate(b, stage, [*places], [*places.values()])
                b.compute_at(stage, sink, at[1])
                b.set_scope(stage, "local")
            else:
                self.member(stage, [stage.op.axis[p] for d, p in along.items() if d in self.rows],
                            at[0])  # fmt: skip

    def reused_along(self, d: int, tiled: list[Stage]) -> bool:
        """Points that differ along dimension `d` of the sink may reduce the same elements."""
        reductions = [stage for stage in tiled if is_reduction(stage)]
        if extent(self.sink.op.axis[d]) == 1:
            return False
        return any(reuses(stage, stage.op.axis[self.members[stage][d]]) for stage in reductions)

    def stream(self, tiled: list[Stage], inside: list[int]) -> None:
        """Reduce whole stretches of rows, one row after the other: memory is read in order."""
        b, sink, lanes = self.b, self.sink, self.lanes
        *others, axis = sink.op.axis
        size = extent(axis)
        counts = [n for n in STRETCHES if n == STRETCHES[0] or lanes * n <= (size or LARGE)]
        block = b.decide(
            f"{sink.name}.{axis.name}.block", "block",
            [lanes * n for n in counts], lanes * min(64, counts[-1]),
        )  # fmt: skip
        outer, inner = b.split(sink, axis, block, self.tail)
        over, point = b.split(sink, inner, 2 * lanes, self.tail)
        across = [each for d, each in enumerate(others) if d in inside]
        between = [each for each in others if each not in across]
        b.reorder(sink, [*across, outer, *between, over, point])
        b.vectorize(sink, point)
        rows = [each for d, each in enumerate(others) if d in self.rows]
        alone = all(along.keys() >= set(inside) for along in self.members.values())
        if not alone:
            b.reorder(sink, [*rows, *(e for e in across if e not in rows), outer])
        if all(extent(each) == 1 for each in across):
            at: Axis | None = outer
            b.parallel(sink, outer)
        else:
            at = self.parallel(across if alone else rows)
        for stage, along in self.members.items():
            if stage in tiled:
                last = along[len(others)]
                if is_reduction(stage):
                    accumulate_rows(b, stage, last, block, lanes)
                else:
                    whole, part_of = part(b, stage, stage.op.axis[last], block)
                    rest, vector = b.split(stage, part_of, 2 * lanes)
                    first = [a for p, a in enumerate(stage.op.axis) if p != last]
                    b.reorder(stage, [*first, *whole, rest, vector])
                    b.vectorize(stage, vector)
                b.compute_at(stage, sink, outer)
                b.set_scope(stage, "local")
            else:
                self.member(stage, [stage.op.axis[p] for d, p in along.items() if d in self.rows],
                            at)  # fmt: skip

    def vector_tile(self, axis: Axis) -> Number:
        choices = vector_tiles(extent(axis), self.lanes, 8)
        default = min(choices, key=lambda c: _waste(extent(axis), c, self.lanes))
        return self.b.decide(f"{self.sink.name}.{axis.name}.tile", "vector", choices, default)

    def tile_loops(self, tiles: dict[int, Number], inside: list[int]) -> tuple[Axis | None, Axis]:
        """The loops of a tiled sink: where the outer members are computed, and the tiled ones."""
        b, sink = self.b, self.sink
        axes = list(sink.op.axis)
        outer, inner = {}, {}
        for d, number in tiles.items():
            outer[d], inner[d] = b.split(sink, axes[d], number, self.tail)
        shared = [axes[d] for d in range(len(axes)) if d not in tiles and d in self.rows]
        rest = [axes[d] for d in inside if d not in tiles and axes[d] not in shared]
        between = [axis for d, axis in enumerate(axes)
                   if d not in tiles and axis not in shared and axis not in rest]  # fmt: skip
        alone = all(stage_along.keys() >= tiles.keys() for stage_along in self.members.values())
        over = [outer[d] for d in sorted(tiles)]
        point = [inner[d] for d in sorted(tiles)]
        b.reorder(sink, [*shared, *rest, *over, *between, *point])
        for axis in point[:-1]:
            b.unroll(sink, axis)
        b.vectorize(sink, point[-1])
        across = [*shared, *rest, *over[:-1]] if alone else shared
        at = self.parallel(across)
        if alone and all(extent(axis) == 1 and axis in sink.op.axis for axis in across):
            b.parallel(sink, over[-1])
        return at, over[-1]


def _points(axes: list[Axis]) -> int:
    return prod(extent(axis) or LARGE for axis in axes)


def _vector_steps(size: int | None, lanes: int) -> list[int]:
    return [lanes * n for n in (1, 2, 4, 8) if size is None or lanes * (n - 1) < size]


def _vector_default(size: int | None, lanes: int) -> int:
    """Four vectors, or fewer where then nothing is left over."""
    steps = [step for step in _vector_steps(size, lanes) if step <= 4 * lanes]
    even = [step for step in steps if size is not None and size % step == 0]
    return max(even or steps)


def _waste(size: int | None, tile: int, lanes: int) -> tuple[int, int]:
    """Vectors computed with tiles of this width, and how far the width is from four vectors."""
    vectors = -(-(size or 0) // tile) * -(-tile // lanes)
    return vectors, abs(-(-tile // lanes) - 4)
