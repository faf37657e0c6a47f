"""The default cache blocks of a contraction: how many register tiles along each axis.

A block is a piece of work for a thread. Few large blocks leave threads idle at the end, while
blocks that are small along one axis read the operand that is reused along it again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from autosched.search.space.tiles import Core
from autosched.target.target import LINE_BYTES

FIRST_GUESS = 8
"""Tiles along each axis in a block, where nothing else is better."""

CLOSE = 1.03
"""Blocks whose cycles are less than this many times the least are as good as the best."""

NEAR_BYTES, FAR_BYTES = 10, 6
"""Bytes a cycle of operands read with few points in a row: from L2, and from beyond."""

PACKED_BYTES = 16
"""Bytes a cycle of packing."""

PAGE_BYTES, PAGE_CYCLES = 4096, 40
"""A page of memory, and the cycles to write to one that was not written to lately."""

LINE_CYCLES = LINE_BYTES / FAR_BYTES
"""The cycles to write to a line that another block has begun."""

SHARED_LINE_CYCLES = 150
"""The cycles to write to a line that another thread has begun."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """A contraction cut into register tiles.

    `tiles` are the numbers of tiles along the vector axis and the unrolled axes, `repeats` the
    points of all other axes, and `tile_cycles` the cycles that the arithmetic of a tile takes.
    Each tile of the vector axis reads a panel of `panel_bytes` of one operand; tiles of the others
    share `data_bytes` of the rest, all of which belong to one point of the other axes. The rows of
    the result that a tile of the vector axis belongs to are in `pages` pages; `rows` is the number
    of all rows along the innermost unrolled axis, 0 where the result is not contiguous there. With
    `vector_outside` the loops over tiles of the vector axis are outside of the others; with `near`
    each block packs its panels. Along the axes that are `uneven`, by their places in `tiles`, tiles
    take from nothing to twice the time, in order, as those of triangles do.
    """

    tiles: tuple[int, ...]
    repeats: int
    tile_cycles: float
    panel_bytes: int
    data_bytes: int
    pages: int
    rows: int
    vector_outside: bool
    near: bool
    uneven: tuple[int, ...] = ()


def default_counts(
    tiling: Tiling, choices: tuple[tuple[int, ...], ...], guess: tuple[int, ...], core: Core
) -> tuple[int, ...]:
    """Return the tiles of a block along each axis: of those that are fast, the nearest to `guess`.

    Estimated are the cycles of the slowest thread: its share of the arithmetic, of what is read
    from L2 and from beyond, and of the changes from page to page of the result. One thread gets
    `guess`: for it nothing was measured to be faster.
    """
    if core.threads == 1:
        return guess
    options = np.array([guess, *product(*choices)], dtype=np.float64).T
    cycles = _cycles(tiling, options, core)
    tiles = np.array(tiling.tiles)[:, None]
    sizes = np.log2(np.minimum(options, tiles))
    distance = np.abs(sizes - sizes[:, :1]).sum(0)
    fast = cycles <= CLOSE * cycles.min()
    best = int(np.where(fast, distance, np.inf).argmin())
    return tuple(int(count) for count in options[:, best])


def _cycles(tiling: Tiling, counts: np.ndarray, core: Core) -> np.ndarray:
    """Return the cycles for each column of `counts`, the tiles of a block along each axis."""
    tiles = np.array(tiling.tiles, dtype=np.float64)[:, None]
    counts = np.minimum(counts, tiles)
    blocks = np.ceil(tiles / counts)
    across, along = blocks[0], blocks[1:].prod(0)
    pieces, piece = tiling.repeats * across * along, counts.prod(0)
    share = piece / (tiles.prod() * tiling.repeats)
    largest = share * np.prod([2 - 1 / blocks[place] for place in tiling.uneven], axis=0)
    busiest = _busiest(pieces, share, core.threads)
    if tiling.uneven:
        by_largest = 1 / core.threads + largest * (1 - 1 / core.threads)
        busiest = np.where(largest > share, by_largest, busiest)

    panel, data = tiling.panel_bytes, tiling.data_bytes
    block_data = data * counts[1:].prod(0) / tiles[1:].prod()
    if tiling.vector_outside:
        reread_from, reloaded_from = panel + data, counts[0] * panel + block_data
    else:
        reread_from, reloaded_from = counts[0] * panel + block_data, tiles[0] * panel + block_data
    room = core.l2_bytes / 2
    # Threads that share a repetition each read all of one operand.
    together = max(1.0, core.threads / tiling.repeats)
    far = data * np.where(reread_from <= room, np.minimum(together, across), across)
    shared = np.minimum(np.ceil(together / across), along)
    far += panel * tiles[0] * np.where(reloaded_from <= room, shared, along)
    near = data * np.where(panel + block_data <= core.l1_bytes, across, tiles[0])
    cycles = far / FAR_BYTES + near / NEAR_BYTES
    if tiling.near:
        cycles += panel * tiles[0] * along / PACKED_BYTES
    visits = along if tiling.vector_outside else tiles[1:].prod()
    cycles += PAGE_CYCLES * tiling.pages * tiles[0] * np.where(counts[0] == 1, 1.0, visits)
    cycles += LINE_CYCLES * tiling.rows * (blocks[1] - 1)
    cycles += SHARED_LINE_CYCLES * _shared_lines(tiling, blocks, core.threads)
    return busiest * tiling.repeats * (tiling.tile_cycles * tiles.prod() + cycles)


def _shared_lines(tiling: Tiling, blocks: np.ndarray, threads: int) -> np.ndarray:
    """Return the lines of a repetition that two threads write: those across which work is cut.

    A thread gets blocks that follow one another. So a row is cut only if the loops outside of
    the innermost unrolled axis cannot be shared evenly, and only rows of one block of these are.
    """
    outer = blocks[2:].prod(0)
    if tiling.vector_outside:
        outer = outer * blocks[0]
    is_cut = (blocks[1] > 1) & (tiling.repeats * outer % threads != 0)
    return np.where(is_cut, (threads - 1) * tiling.rows / outer / tiling.repeats, 0.0)


def _busiest(pieces: np.ndarray, share: np.ndarray, threads: int) -> np.ndarray:
    """Return the share of the work that the slowest thread does; `share` is that of a piece.

    Threads take pieces when they are free, so that none ends later than the others by more than
    the largest piece.
    """
    rounds = np.ceil(pieces / threads) * share
    return np.minimum(rounds, 1 / threads + share * (1 - 1 / threads))
