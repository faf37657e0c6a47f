"""Default blocks: even pieces for the threads, and operands that are not read again and again."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, prod

import pytest

from autosched.search.space.blocks import FIRST_GUESS, Tiling, default_counts
from autosched.search.space.tiles import Core

CORE = Core(lanes=16, registers=32, l1_bytes=48 << 10, l2_bytes=2 << 20, threads=2)
SMALL = Tiling(
    tiles=(5, 5),
    repeats=1,
    tile_cycles=13_000.0,
    panel_bytes=120 << 10,
    data_bytes=188 << 10,
    pages=2,
    rows=160,
    vector_outside=True,
    near=False,
)
"""A convolution of 960 to 160 channels on 49 points, in tiles of 32 channels and 10 points."""


def counts_of(tiling: Tiling, core: Core = CORE) -> tuple[int, ...]:
    choices = tuple((1, 2, 4, 8, 16, 32, 64) for _ in tiling.tiles)
    guess = (FIRST_GUESS,) * len(choices)
    counts = default_counts(tiling, choices, guess, core)
    assert all(count in each for count, each in zip(counts, choices, strict=True))
    return counts


def busiest(tiling: Tiling, counts: tuple[int, ...], threads: int) -> float:
    """The share of all tiles in the largest pieces of the thread with the most of them."""
    sizes = [min(count, tiles) for count, tiles in zip(counts, tiling.tiles, strict=True)]
    pieces = prod(ceil(tiles / size) for tiles, size in zip(tiling.tiles, sizes, strict=True))
    return ceil(pieces / threads) * prod(sizes) / prod(tiling.tiles)


@pytest.mark.parametrize("threads", [2, 3, 4, 8])
def test_no_thread_has_much_more_than_its_share(threads: int) -> None:
    counts = counts_of(SMALL, replace(CORE, threads=threads))
    assert busiest(SMALL, counts, threads) <= 1.3 / threads


def test_one_thread_keeps_the_first_guess() -> None:
    assert counts_of(SMALL, replace(CORE, threads=1)) == (FIRST_GUESS, FIRST_GUESS)


def test_rows_that_divide_evenly_keep_the_first_guess() -> None:
    assert counts_of(replace(SMALL, tiles=(8, 64))) == (FIRST_GUESS, FIRST_GUESS)


def test_far_operands_are_read_by_few_blocks() -> None:
    """Blocks along the axis of the vectors would each read all data, which is in no cache."""
    far = replace(SMALL, tiles=(16, 16), data_bytes=64 << 20)
    assert counts_of(far)[0] == 16


def test_near_operands_may_be_read_by_many_blocks() -> None:
    assert counts_of(replace(SMALL, tiles=(16, 1)))[0] < 16


def test_results_are_not_written_a_few_elements_of_many_pages_at_a_time() -> None:
    wide = replace(SMALL, tiles=(9, 112), tile_cycles=400.0, panel_bytes=1536, data_bytes=301_056)
    across, along = counts_of(replace(wide, pages=64))
    assert across == 1 or along >= 8


def test_rows_of_the_result_stay_whole() -> None:
    """56 rows of 4 tiles: rows are dealt out, not quarters of them."""
    image = replace(SMALL, tiles=(8, 4, 56), panel_bytes=8 << 10, data_bytes=800 << 10)
    assert counts_of(replace(image, tile_cycles=1250.0, rows=256 * 56))[1] == 4


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_threads_do_not_write_to_the_same_lines(threads: int) -> None:
    """A convolution of 64 to 384 channels on 196 points: threads get channels, not points."""
    wide = replace(SMALL, tiles=(12, 14), tile_cycles=1200.0, panel_bytes=8 << 10, rows=384)
    across, along = counts_of(replace(wide, data_bytes=49 << 10), replace(CORE, threads=threads))
    assert along >= 14 or ceil(12 / across) % threads == 0


def test_packing_is_not_repeated() -> None:
    """Blocks of fewer rows would pack the panels once more for each."""
    packed = replace(SMALL, tiles=(3, 4), panel_bytes=1 << 20, data_bytes=1 << 12)
    slow = replace(packed, tile_cycles=1e6)
    assert counts_of(replace(slow, near=True))[1] < 4
    assert counts_of(replace(packed, near=True))[1] >= 4


@pytest.mark.parametrize("uneven", [(0,), (1,), (0, 1)])
def test_tiles_of_a_triangle_are_no_halves(uneven: tuple[int, ...]) -> None:
    """A half of a triangle is a quarter or three of it."""
    square = replace(SMALL, tiles=(16, 16), tile_cycles=13_000.0)
    tiling = replace(square, uneven=uneven)
    counts = counts_of(tiling)
    blocks = [ceil(tiles / count) for tiles, count in zip(tiling.tiles, counts, strict=True)]
    largest = 1.0
    for place, number in enumerate(blocks):
        largest *= (2 - 1 / number) / number if place in uneven else 1 / number
    assert max(largest, 0.5 + largest / 2) <= 0.65 or all(blocks[place] == 1 for place in uneven)
