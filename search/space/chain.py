"""The rule for chains of contractions: one is computed for the rows that the next one reads.

The first contraction and the stages between the two, such as those of a softmax, are computed in
the loop of the last one over blocks of rows. What goes from one to the next is a block, which
stays in cache: attention never has all scores in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.contraction import ContractionRule
from autosched.search.space.group_rule import GroupRule
from autosched.search.space.groups import Group, group_of
from autosched.search.space.inlining import inline_producers
from autosched.search.space.masks import skip_masked
from autosched.search.space.producer import Producer
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import bytes_read, contraction, epilogue, extent, points_of
from autosched.search.space.tiles import LARGE, TAIL, Core, ceil_div
from autosched.search.space.variants import Variant, variants
from autosched.target.target import Target
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor

BLOCKS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Register tiles in a block of rows."""

BLOCKS_OF_A_THREAD = 4
"""Blocks that a thread has at least, so that threads end at about the same time."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The contractions of a group, each with its variant, and the dimension of the sink for rows.

    The last one ends in the sink; the others are computed for its rows.
    """

    group: Group
    row: int
    last: tuple[Stage, Variant]
    others: tuple[tuple[Stage, Variant], ...]


class ContractionChain(Rule):
    """Proposes blocks of rows for a chain, where all else that a block reads stays in L2."""

    name = "chain"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        chain = _chain_of(place)
        if chain is None:
            return []
        stages = {stage.number for stage in (*chain.group.members, chain.group.sink)}
        takes = frozenset(stages - {place.stage.number})
        return [Proposal("chain", partial(_scheduled, chain), is_certain=True, takes=takes)]


def is_masked_chain(outputs: Sequence[Tensor], target: Target) -> bool:
    """Whether blocks of rows go through contractions of which a mask leaves out a part.

    Without a mask a kernel for each contraction of a network is as fast: 12 heads on 128 points
    take 541 us so, 558 in blocks, on 197 points 1500 and 1770.
    """
    core = Core.of(target, max(32, *(tensor.dtype.bits for tensor in outputs)))
    builder = SketchBuilder(outputs)
    inline_producers(builder, pads_inlined=True, kept=frozenset())
    if not skip_masked(builder, core):
        return False
    places = (Place(builder, stage, core) for stage in builder.schedule.stages)
    return any(ContractionChain().proposals(place) for place in places)


def _chain_of(place: Place) -> Chain | None:
    """Return the chain that a stage is a contraction of, or None."""
    if contraction(place.stage) is None:
        return None
    group = group_of(place.builder.schedule, place.stage, place.excluded)
    if group is None:
        return None
    stages = [*group.members, group.sink]
    return _chain(place, group, [each for each in stages if contraction(each)])


def _chain(place: Place, group: Group, contractions: Sequence[Stage]) -> Chain | None:
    *others, last = contractions
    end = [last, *epilogue(place.builder.schedule, last, place.excluded)][-1]
    if not others or end is not group.sink:
        return None
    every = {d: d for d in range(len(group.sink.op.axis))}
    aligned = {each: every if each in (last, end) else group.members[each] for each in contractions}
    rows = [d for d in group.rows if extent(group.sink.op.axis[d]) != 1]
    inner = [d for d in rows if all(_is_reused(each, at[d]) for each, at in aligned.items())]
    if not inner:
        return None
    row, found = inner[-1], []
    rows = [*(d for d in rows if d != row), row]
    for stage, at in aligned.items():
        variant = _variant(place, stage, [stage.op.axis[at[d]] for d in rows])
        if variant is None:
            return None
        found.append((stage, variant))
    return Chain(group, row, found[-1], tuple(found[:-1]))


def _is_reused(stage: Stage, dimension: int) -> bool:
    """Whether an operand of a contraction serves all points of a dimension of the result."""
    found = contraction(stage)
    return found is not None and stage.op.axis[dimension] in found.reused


def _variant(place: Place, stage: Stage, rows: Sequence[Axis]) -> Variant | None:
    """Return the variant with the fewest copies whose tiles unroll the last of the rows only.

    Return None if what it reads for all of these rows is too large for the L2 cache.
    """
    found = contraction(stage)
    assert found is not None
    if any(extent(axis) is None for axis in (*found.data, *found.reduce)):
        return None
    shared = [read for read in found.reads if rows[-1] not in read.axes]
    if sum(bytes_read(read, rows) for read in shared) > place.core.l2_bytes // 4:
        return None
    fitting = [
        each
        for each in variants(found, False, place.core)
        if not each.near
        and each.tail == TAIL
        and found.data[each.vector] not in rows
        and [found.data[position] for position in each.unroll] == [rows[-1]]
    ]
    return min(fitting, key=lambda each: len(each.packed), default=None)


def _scheduled(chain: Chain, place: Place) -> Iterable[Stage]:
    """Schedule the stages of a chain; return them."""
    b = place.builder
    group = chain.group.within(b.schedule)
    points = max(_row_points(group, stage, chain.row) for stage in group.members)
    stage, variant = chain.last
    last = b.schedule.numbered[stage.number]
    done = _Rows(b, last, variant, place.core, place.excluded, True, points).apply()
    blocks = group.sink.leaves[0]
    for stage, variant in chain.others:
        first = b.schedule.numbered[stage.number]
        end = [first, *epilogue(b.schedule, first, place.excluded)][-1]
        done += Producer(b, first, variant, place.core, place.excluded, True).apply()
        b.compute_at(end, group.sink, blocks)
    between = GroupRule(b, group, place.core, TAIL, streamed=False)
    for stage in group.members:
        if stage not in done:
            between.member(stage, blocks)
    return [*done, *group.members]


def _row_points(group: Group, stage: Stage, row: int) -> int:
    """Return the points of a stage for a step along the rows of the sink."""
    rows = {stage.op.axis[place] for d, place in group.members[stage].items() if d <= row}
    points = 1
    for axis in stage.op.axis:
        points *= 1 if axis in rows else extent(axis) or LARGE
    return points


@dataclass(eq=False)
class _Rows(ContractionRule):
    """The last contraction of a chain: its outermost loops are those over blocks of rows."""

    row_points: int = 1
    """The points of a row that are kept for it."""

    def split_tiles(
        self, sink: Stage, loops: Sequence[Axis]
    ) -> tuple[list[Axis], list[Axis], list[Axis]]:
        (row,), vector = self.variant.unroll, self.variant.vector
        axis, wide = (loops[self.positions[position]] for position in (row, vector))
        whole = [each for each in loops if each not in (axis, wide)]
        rows = self.rows(axis, self.tiles[row], points_of(whole))
        outer, inner = self.b.split(sink, axis, rows, "shift")
        tiles, points = self.b.split(sink, inner, self.tiles[row], TAIL)
        vectors, lanes = self.b.split(sink, wide, self.tiles[vector], TAIL)
        return [*whole, outer], [tiles, vectors], [points, lanes]

    def rows(self, axis: Axis, tile: Number, repeats: int) -> Number:
        """Open how many rows a block has.

        By default two tiles or more that stay in L1, so that few rows are computed twice, but
        fewer where threads would have too few blocks.
        """
        size = extent(axis) or LARGE
        high = tile if isinstance(tile, int) else tile.sample
        choices = [high * count for count in BLOCKS if high * count <= size] or [size]
        # Two tensors of a row: what one stage reads, and what it computes.
        most = max(2 * high, self.core.l1_bytes // (8 * self.row_points))
        if self.core.threads > 1:
            most = min(most, size * repeats // (BLOCKS_OF_A_THREAD * self.core.threads))
        fitting = [rows for rows in choices if rows <= most]
        several = [rows for rows in fitting if rows > high] or fitting or choices[:1]
        default = min(several, key=lambda rows: (ceil_div(size, rows) * rows, -rows))
        return self.b.decide(f"{axis.name}.rows", "block", choices, default)
