"""Copies of a contraction's operands, in the order in which its tiles read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.dot import DotAxis
from autosched.search.space.packing import (
    copy_groups,
    copy_rows,
    fetch_rows_ahead,
    grouped,
    inline_source,
    share,
)
from autosched.search.space.structure import (
    Contraction,
    Read,
    extent,
    is_movement,
    is_padding,
    is_shift,
)
from autosched.search.space.tiles import Core
from autosched.search.space.turning import LEAST_ROW, Source, moved_layout, source_of, turn
from autosched.search.space.variants import Variant, is_constant
from autosched.te.axis import Axis


@dataclass(eq=False)
class Operands:
    """The operands of a contraction that one variant schedules.

    Those that the variant packs are copied into panels as wide as a register tile; panels of the
    one that is `near` are packed right before their use. `summed` are the reduce axes in the order
    of their loops, `dot` the one of which instructions take several points.
    """

    b: SketchBuilder
    found: Contraction
    variant: Variant
    core: Core
    dot: DotAxis | None
    near: int | None
    summed: list[Axis]
    turned: list[Stage] = field(default_factory=list)
    """Copies that were made to pack from."""

    def packed(self, reader: Stage, tiles: Mapping[int, Number]) -> dict[int, Stage]:
        """Copy what the variant packs; `tiles` are the points of a register tile along data axes.

        Return the copies by the numbers of the operands.
        """
        return {number: self._pack(reader, number, tiles) for number in sorted(self.variant.packed)}

    def _pack(self, reader: Stage, number: int, tiles: Mapping[int, Number]) -> Stage:
        read, data = self.found.reads[number], self.found.data
        tiled = {
            read.pure[data[position]]: tile
            for position, tile in tiles.items()
            if data[position] in read.pure
        }
        batch = [d for axis, d in read.pure.items() if axis not in self.found.reduce]
        whole = [d for d in sorted(batch) if d not in tiled]
        summed = [read.pure[axis] for axis in self.summed if axis in read.pure]
        others = [d for d in range(len(read.indices)) if d not in {*tiled, *whole, *summed}]
        vector = read.pure.get(data[self.variant.vector])
        order = sorted(tiled, key=lambda d: d == vector)
        layout = [*whole, *others, *([d, tiled[d]] for d in order), *summed, *order]
        if self.dot is not None:
            layout = grouped(layout, self.dot.dimension(read), self.dot.steps)
        source = self._scattered(reader, read, order[-1])
        if source is not None:
            stage = self._copy_turned(reader, read, layout, source)
            loops = copy_groups(self.b, stage, self.core.lanes)
        else:
            stage = self._copy(reader, read, layout)
            loops = self._scheduled(stage, read, layout, order[-1], number == self.near)
        if number != self.near:
            inside = stage.op.axis[-len(order) :]
            share(self.b, stage, [loop for loop in loops if loop not in inside] or loops)
        return stage

    def regrouped(self, reader: Stage) -> list[Stage]:
        """Copy operands whose points of the dot product's axis are no neighbours, nor packed."""
        if self.dot is None:
            return []
        copies = []
        for number, read in enumerate(self.found.reads):
            if number not in self.variant.packed and not self.dot.is_neighbouring(read):
                dimensions = list(range(len(read.indices)))
                layout = grouped(dimensions, self.dot.dimension(read), self.dot.steps)
                source = self.b.schedule[read.tensor]
                stage = self.b.cache_read(read.tensor, "global", reader, layout=layout)
                inline_source(self.b, stage, source)
                loops = copy_groups(self.b, stage, self.core.lanes)
                share(self.b, stage, loops)
                copies.append(stage)
        return copies

    def _scattered(self, reader: Stage, read: Read, innermost: int) -> Source | None:
        """Return the source of a read whose copy would gather bytes one by one at each call."""
        is_in_order = innermost == len(read.indices) - 1 or read.tensor.dtype.bytes > 1
        if self.dot is None or is_in_order or is_constant(read) or self.dot.is_neighbouring(read):
            return None
        source = source_of(self.b.schedule, reader, read, innermost)
        return source if source.is_in_order or source.row >= LEAST_ROW else None

    def _copy_turned(self, reader: Stage, read: Read, layout: list[Any], source: Source) -> Stage:
        """Copy an operand whose source is turned first, if it does not lie as vectors run."""
        tensor = read.tensor
        if not source.is_in_order:
            turned = turn(self.b, source, self.core.lanes)
            self.turned.append(turned)
            if not source.moved:
                tensor, layout = turned.op.outputs[0], moved_layout(layout, source)
        stage = self.b.cache_read(tensor, "global", reader, layout=layout)
        for each in source.moved:
            self.b.compute_inline(each)
        return stage

    def _copy(self, reader: Stage, read: Read, layout: list[Any]) -> Stage:
        """Copy an operand into a layout; what pads or moves it is computed in the copy."""
        source = self.b.schedule[read.tensor]
        stage = self.b.cache_read(read.tensor, "global", reader, layout=layout)
        is_padded = self.dot is not None and is_padding(source)
        is_moved = self.dot is None and is_movement(source)
        if is_constant(read) or is_shift(source) or is_moved or is_padded:
            inline_source(self.b, stage, source)
        return stage

    def _scheduled(
        self, stage: Stage, read: Read, layout: list[Any], innermost: int, is_near: bool
    ) -> list[Axis]:
        """Schedule a copy whose `innermost` axis runs along that dimension; return its loops."""
        last, lanes = len(read.indices) - 1, self.core.lanes
        if self.dot is not None:
            words = [self.dot.dimension(read), self.dot.steps]
            along = layout.index(words) if self.dot.is_neighbouring(read) else None
            return copy_groups(self.b, stage, lanes, innermost != last, along)
        contiguous = None if innermost == last else layout.index(last)
        at_call = contiguous is not None and not is_constant(read)
        joined = self._joined(stage, read, layout) if at_call else 1
        loops = copy_rows(self.b, stage, contiguous, is_near, lanes, joined)
        if is_near and contiguous is None:
            fetch_rows_ahead(self.b, stage, read, loops, self.core)
        return loops

    def _joined(self, stage: Stage, read: Read, layout: list[Any]) -> int:
        """Return how many reduce axes are the last dimensions of a read, in the order of the copy.

        One where the last fills vectors by itself, or the reduction runs in blocks.
        """
        last = len(read.indices) - 1
        place, joined = layout.index(last), 1
        size = extent(stage.op.axis[place])
        if self.variant.blocked or size is None or size % self.core.lanes == 0:
            return 1
        summed = {read.pure[axis] for axis in self.summed if axis in read.pure}
        while last in summed and layout[place - joined] == last - joined in summed:
            joined += 1
        return joined
