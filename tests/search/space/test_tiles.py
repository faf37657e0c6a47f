"""Tile sizes follow the registers of the target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched.search.space.tiles import Core, ceil_div, register_tile
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


def test_half_the_registers_make_a_smaller_tile() -> None:
    def filled(target: Target) -> int:
        core = Core.of(target, 32)
        wide, high = register_tile(None, None, core)
        return ceil_div(wide, core.lanes) * high

    assert filled(MACHINE) < filled(ARM)
