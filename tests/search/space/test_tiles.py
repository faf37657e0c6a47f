"""Tile sizes follow the registers of the target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched.search.space.tiles import (
    Core,
    ceil_div,
    register_tile,
    row_blocks,
    rows_in_l1,
    second_tile,
)
from autosched.target.target import Target
from tests.search.tasks import MACHINE

AVX512 = replace(MACHINE, features="+avx512f", vector_bits=512)
ARM = replace(MACHINE, triple="aarch64-unknown-linux-gnu", vector_bits=128)


@pytest.mark.parametrize(("target", "registers"), [(MACHINE, 16), (AVX512, 32), (ARM, 32)])
@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("points", [None, 7, 14, 56])
def test_a_register_tile_leaves_registers_for_operands(
    target: Target, registers: int, near: bool, points: int | None
) -> None:
    core = Core.of(target, 32)
    wide, high = register_tile(256, points, core, near)
    assert core.registers == registers
    assert ceil_div(wide, core.lanes) * high <= core.tile_registers == registers - 4


@pytest.mark.parametrize(("widest", "expected"), [(96, 96), (50, 48), (1, 16)])
def test_a_register_tile_is_as_narrow_as_asked_for_but_fills_a_vector(
    widest: int, expected: int
) -> None:
    wide, _ = register_tile(768, 128, Core.of(AVX512, 32), near=True, widest=widest)
    assert wide == expected


def test_a_register_tile_is_narrow_where_columns_alone_are_symbolic() -> None:
    core = Core.of(AVX512, 32)
    assert register_tile(None, 128, core, near=True)[0] == 2 * core.lanes
    assert register_tile(512, 128, core, near=True)[0] > 2 * core.lanes


@pytest.mark.parametrize("highest", [1, 5, 8, 13])
def test_a_register_tile_is_as_low_as_asked_for(highest: int) -> None:
    core = Core.of(AVX512, 32)
    _, high = register_tile(64, 64, core, highest=highest)
    assert high <= highest < register_tile(64, 64, core)[1]


@pytest.mark.parametrize(
    ("step_bytes", "rows"), [(4096, 8), (12288, 8), (2048, 16), (4096 + 64, 512), (4000, 512)]
)
def test_rows_of_a_power_of_two_share_sets_of_a_cache(step_bytes: int, rows: int) -> None:
    assert rows_in_l1(step_bytes) >= rows
    assert (rows_in_l1(step_bytes) == rows) == (step_bytes != 4000)


def test_elements_of_a_line_are_no_rows() -> None:
    assert rows_in_l1(4) == rows_in_l1(64)


def test_half_the_registers_make_a_smaller_tile() -> None:
    def filled(target: Target) -> int:
        core = Core.of(target, 32)
        wide, high = register_tile(None, None, core)
        return ceil_div(wide, core.lanes) * high

    assert filled(MACHINE) < filled(ARM)


@pytest.mark.parametrize(
    ("extent", "registers", "high", "expected"), [(2, 3, 2, 2), (9, 1, 3, 3), (9, 4, 2, 1)]
)
def test_points_of_a_second_axis_join_a_tile_of_few_sums(
    extent: int, registers: int, high: int, expected: int
) -> None:
    assert second_tile(extent, registers, high, Core.of(AVX512, 32)) == expected


def test_rows_of_a_tile_that_ends_in_a_part_of_a_vector_take_a_register_more() -> None:
    core = Core.of(AVX512, 32)
    assert register_tile(32, 24, core, near=True) == (32, 12)
    assert register_tile(24, 24, core, near=True) == (24, 8)


@pytest.mark.parametrize(("threads", "expected"), [(1, 4096), (2, 1024), (3, 1024), (4, 512)])
def test_one_thread_reads_rows_from_end_to_end_and_several_two_parts_each(
    threads: int, expected: int
) -> None:
    choices, default = row_blocks(4000, Core.of(AVX512, 32), threads)
    assert default == expected
    assert max(choices) == 2048
    assert min(choices) == 128


def test_the_sums_of_a_row_take_a_quarter_of_the_cache() -> None:
    core = Core.of(replace(AVX512, l2_bytes=1 << 18), 32)
    assert row_blocks(1 << 20, core, 1)[1] == (1 << 16) // 4
    assert row_blocks(1 << 20, core, 1, uses=4)[1] == (1 << 16) // 16


@pytest.mark.parametrize(("points", "uses", "expected"), [
    (4096, 8, 4096), (4096, 16, 544), (4096, 64, 544), (1000, 16, 544), (250, 16, 256),
])  # fmt: skip
def test_many_sums_do_not_share_the_sets_of_a_cache(points: int, uses: int, expected: int) -> None:
    core = Core.of(replace(AVX512, l2_bytes=1 << 21), 32)
    assert row_blocks(points, core, 1, uses)[1] == expected


def test_threads_get_even_shares_of_a_row_with_many_sums() -> None:
    _, block = row_blocks(4096, Core.of(AVX512, 32), 2, uses=16)
    assert 4096 % (2 * block) == 0


def test_short_rows_are_a_block_and_symbolic_ones_have_blocks_of_64_vectors() -> None:
    core = Core.of(AVX512, 32)
    assert row_blocks(100, core, 1) == ((128,), 128)
    assert row_blocks(None, core, 2)[1] == 64 * core.lanes
