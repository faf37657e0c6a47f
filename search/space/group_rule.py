"""The rule for groups: shared loops over rows, and tiles for producers aligned with the sink.

The loops over rows are parallel, and the producers are computed in them. If the sink's innermost
axis is aligned with some producers, the sink is tiled and these are computed tile by tile, in
registers.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.schedule.schedule import Stage
from autosched.schedule.tail import TAILS
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.group_loops import GroupLoops
from autosched.search.space.group_stream import stream
from autosched.search.space.groups import LEAST_ROWS, Group
from autosched.search.space.margins import ROWS_TOGETHER, rows_shared
from autosched.search.space.reduction import (
    accumulate_tile,
    is_long,
    is_reduction,
    reduces_in_lanes,
    reuses,
    turned_axes,
)
from autosched.search.space.row_blocks import decide_rows, fetch_ahead
from autosched.search.space.row_dots import reduce_lanes
from autosched.search.space.row_loops import row_loops
from autosched.search.space.row_shares import share_rows
from autosched.search.space.short_rows import short_run
from autosched.search.space.structure import extent, most_bits, points_of
from autosched.search.space.tiles import LARGE, Core, ceil_div, unroll_tiles, vector_tiles
from autosched.te.axis import Axis

UNROLLED_POINTS = 8
"""The most points of an unrolled axis in a tile of a reduction that reuses little."""


class GroupRule(GroupLoops):
    """Schedules one group of a schedule under construction.

    `most_vectors` are the most vectors along a row in the sink's tile by default.
    """

    most_vectors = 8

    def __init__(
        self, builder: SketchBuilder, group: Group, core: Core, tail: str, streamed: bool
    ) -> None:
        super().__init__(builder, group, core, tail)
        self.streamed = streamed
        self.is_rest = False

    def apply(self) -> None:
        partial: Stage | None = None
        if reduces_in_lanes(self.sink, self.lanes):
            partial = reduce_lanes(self.b, self.sink, self.core)
        if not self.sink.op.axis:
            return
        if partial is None and is_reduction(self.sink):
            self.write_through()
        tiled = [
            stage
            for stage, aligned in self.members.items()
            if self.innermost in aligned and not reduces_in_lanes(stage, self.lanes)
        ]
        if tiled and partial is None:
            self.tile(tiled)
        else:
            self.by_row(partial)

    def write_through(self) -> None:
        """Reduce into a local copy, which is aligned with every axis of the sink."""
        every = range(len(self.sink.op.axis))
        copy = self.b.cache_write(self.sink, "local")
        self.members[copy] = {d: d for d in every}

    def by_row(self, partial: Stage | None) -> None:
        """Share the loops over rows; within a row, every stage has loops of its own."""
        b, sink = self.b, self.sink
        rows = [sink.op.axis[d] for d in self.rows]
        own = [axis for axis in sink.op.axis if axis not in rows]
        period = 1
        if not own and not self.members and partial is None:
            wide = [axis for axis in rows if extent(axis) != 1]
            own = turned_axes(sink) or wide[-1:] or rows[-1:]
            rows = [axis for axis in rows if axis not in own]
            run, period = short_run(b, sink, own, self.lanes)
            if run:
                rows, own = [axis for axis in rows if axis not in run], [b.fuse(sink, run)]
        if self.parts:
            rows, own = self.divided(rows, own)
        block, within = self.block(rows)
        if partial is None:
            count = points_of(rows)
            together = self.rows_together(rows)
            inner, points = row_loops(b, sink, own, self.lanes, self.tail, period)
            b.reorder(sink, [*rows, *within, *inner, *together, *points])
            if count < LEAST_ROWS and not self.members and not sink.op.reduce_axis:
                rows = [*rows, *inner]
        else:
            b.reorder(sink, [*rows, *within, *own, *sink.op.reduce_axis])
        at = self.parallel(rows)
        readers = [(stage, self.member(stage, at)) for stage in self.members]
        inside = own[-1] if own else at
        if partial is not None and inside is not None:
            b.compute_at(partial, sink, inside)
        if within:
            last = max(d for d in self.rows if extent(sink.op.axis[d]) != 1)
            fetch_ahead(
                b, {each: each.op.axis[self.members[stage][last]] for stage, each in readers}, block
            )

    def divided(self, rows: list[Axis], own: list[Axis]) -> tuple[list[Axis], list[Axis]]:
        """Split the `rows` that are aligned in parts; return the loops over parts, and in one."""
        run, _ = short_run(self.b, self.sink, own[-1:], self.lanes)
        if len(run) > 1 and run == own[-len(run) :]:
            own = [*own[: -len(run)], self.b.fuse(self.sink, run)]
        for d, number in self.parts.items():
            place = rows.index(self.sink.op.axis[d])
            rows[place], within = self.b.split(self.sink, rows[place], number, self.tail)
            own = [within, *own]
        return rows, own

    def block(self, rows: list[Axis]) -> tuple[Number, list[Axis]]:
        """Split the last of the `rows` where a row is reduced before it is used again.

        Return the rows of a block, and the loop over them, which is none of `rows`.
        """
        wide = [axis for axis in rows if extent(axis) != 1]
        points = self.row_points()
        if self.parts or not wide or points is None:
            return 1, []
        number = decide_rows(self.b, self.sink, wide, points, self.core)
        if number == 1:
            return 1, []
        place = rows.index(wide[-1])
        # Two threads may compute a row of a block that is moved back, but not sum it up in place.
        tail = self.tail if is_reduction(self.sink) else "shift"
        rows[place], within = self.b.split(self.sink, wide[-1], number, tail)
        return number, [within]

    def rows_together(self, rows: list[Axis]) -> list[Axis]:
        """Split the axis of `rows` whose points read common elements, and unroll some of them.

        Return the unrolled loop. Vectors that are read at neighbouring points of a row lie across
        lines, which takes twice the time of others: seven points of 96 x 96 x 96 around each take
        210 us on a Zen 4, 162 with four rows together.
        """
        axis = None if self.members else rows_shared(self.b.schedule, self.sink)
        if axis is None or axis not in rows:
            return []
        size = extent(axis)
        choices = [count for count in ROWS_TOGETHER if size is None or count <= size]
        name = f"{self.sink.name}.{axis.name}.unroll"
        number = self.b.decide(name, "unroll", choices, choices[-1])
        rows[rows.index(axis)], point = self.b.split(self.sink, axis, number, self.tail)
        self.b.unroll(self.sink, point)
        return [point]

    def row_points(self) -> int | None:
        """The points of a row; None if it has several axes, or is not reduced and used again."""
        every = {d: d for d in range(len(self.sink.op.axis))}
        points = []
        for stage, aligned in (*self.members.items(), (self.sink, every)):
            rows = {stage.op.axis[aligned[d]] for d in self.rows}
            axes = (*stage.op.axis, *stage.op.reduce_axis)
            loops = [axis for axis in axes if axis not in rows and extent(axis) != 1]
            if len(loops) > 1:
                return None
            points += [extent(axis) or LARGE for axis in loops]
        is_reduced = any(map(is_reduction, self.members))
        return max(points) if is_reduced and len(points) > 1 else None

    def tile(self, tiled: list[Stage]) -> None:
        """Tile the sink; `tiled` are computed in registers, other members further out."""
        b, sink = self.b, self.sink
        inside = [d for d in range(len(sink.op.axis)) if all(d in self.members[s] for s in tiled)]
        vector = self.innermost
        wide = [d for d in inside if d != vector and self.reused_along(d, tiled)]
        if self.streamed and not wide and any(map(is_long, tiled)):
            columns = {stage: stage.op.axis[self.members[stage][vector]] for stage in tiled}
            self.is_rest = share_rows(b, sink, columns, self.core)
            if not self.is_rest:
                stream(self, tiled, inside)
                return
        wait = not wide and any(map(is_reduction, tiled))
        tiles: dict[int, Number] = {vector: self.vector_tile(vector, tiled, wait, wide)}
        if wide:
            axis = sink.op.axis[wide[-1]]
            choices = unroll_tiles(extent(axis), UNROLLED_POINTS)
            default = self.points_beside(tiles[vector], axis, choices)
            tile = b.decide(f"{sink.name}.{axis.name}.tile", "unroll", choices, default)
            tiles[wide[-1]] = tile
            b.limit([(tiles[vector], self.lanes), (tile, 1)], self.core.tile_registers)
        outside, at = self.tile_sink(tiles, inside)
        for stage, aligned in self.members.items():
            if stage in tiled:
                axes = stage.op.axis
                own = {axes[aligned[d]]: number for d, number in reversed(tiles.items())}
                accumulate_tile(b, stage, own, self.lanes, TAILS[self.tail].checks_all_tiles)
                b.compute_at(stage, sink, at)
                b.set_scope(stage, "local")
            else:
                self.member(stage, outside)

    def points_beside(self, tile: Number, axis: Axis, choices: Sequence[int]) -> int:
        """Return the points of an unrolled axis beside a vector tile, by default."""
        return max(count for count in choices if count <= 4)

    def reused_along(self, d: int, tiled: list[Stage]) -> bool:
        """Whether points that differ along dimension `d` of the sink reduce common elements."""
        reductions = [stage for stage in tiled if is_reduction(stage)]
        if extent(self.sink.op.axis[d]) == 1:
            return False
        return any(reuses(stage, stage.op.axis[self.members[stage][d]]) for stage in reductions)

    def vector_tile(self, d: int, tiled: list[Stage], wait: bool, wide: list[int]) -> Number:
        """Open the tile of the sink's vector axis `d`; by default it wastes the fewest vectors.

        Vectors are those of the `tiled` stages, whose elements may be smaller than the results:
        the places, 64 bits, of the greatest of 21 values, 128 x 128 times, take 101 us by 32
        columns and 55 by 64. More are better where sums `wait`, with none beside them. Of an axis
        of symbolic size one is best with points of `wide` axes beside it: 64 planes of 28 x 28 by
        windows of 3 x 3 take 19 us, with four 44, since all may be in the partial tile.
        """
        axis = self.sink.op.axis[d]
        wanted = 1 if wide and extent(axis) is None else 4
        results = [each for each in self.b.schedule.stages if each.is_output]
        lanes = max(self.lanes, self.lanes * most_bits(results) // most_bits(tiled))
        choices = vector_tiles(extent(axis), lanes, 8)

        def waste(tile: int) -> tuple[int, int, int]:
            """Return the vectors computed, how far from those `wanted`, and which to prefer."""
            vectors = ceil_div(tile, lanes)
            count = ceil_div(extent(axis) or 0, tile) * vectors
            return count, abs(vectors - wanted), -vectors * wait

        default = min((t for t in choices if t <= self.most_vectors * lanes), key=waste)
        return self.b.decide(f"{self.sink.name}.{axis.name}.tile", "vector", choices, default)

    def tile_sink(self, tiles: dict[int, Number], inside: list[int]) -> tuple[Axis | None, Axis]:
        """Tile the sink; return the loops in which outer members and tiled ones are computed.

        Points past a symbolic end are computed and not written: masked sums are not in registers.
        """
        b, sink = self.b, self.sink
        axes = list(sink.op.axis)
        outer, inner = {}, {}
        for d, number in tiles.items():
            is_open = extent(axes[d]) is None and TAILS[self.tail].has_own_code
            tail = "pad" if is_open else self.tail
            outer[d], inner[d] = b.split(sink, axes[d], number, tail)
        whole = [d for d in range(len(axes)) if d not in tiles]
        shared = [axes[d] for d in whole if d in self.rows]
        others = [axes[d] for d in whole if d in inside and d not in self.rows]
        between = [axes[d] for d in whole if d not in inside and d not in self.rows]
        over = [outer[d] for d in sorted(tiles)]
        point = [inner[d] for d in sorted(tiles)]
        b.reorder(sink, [*shared, *others, *over, *between, *point])
        b.unroll_and_vectorize(sink, point)
        alone = self.all_aligned(tiles)
        across = [*shared, *others, *over[:-1]] if alone else shared
        at = self.parallel(across)
        alone = alone and all(extent(axis) == 1 and axis in sink.op.axis for axis in across)
        if alone and not self.is_rest:
            b.parallel(sink, over[-1])
        return at, over[-1]
