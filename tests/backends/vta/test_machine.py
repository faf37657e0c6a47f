"""From targets to sizes and cycle models."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosched.backends.vta.machine import (
    check_target,
    config_of,
    cycles_on,
    nanoseconds,
    preset_of,
)
from autosched.backends.vta.target import VtaTarget
from autosched.errors import TargetError
from autosched.vta import VTAConfig, cycles, encode
from autosched.vta.isa.instructions import Finish

FINISH = encode([Finish()], VTAConfig())


def test_the_default_is_the_default_configuration() -> None:
    check_target(VtaTarget())
    assert config_of(VtaTarget()) == VTAConfig()
    assert config_of(VtaTarget(bus_bits=256)) == VTAConfig(log_bus_width=8)
    assert config_of(VtaTarget("4x8_i8w8a32_15_15_18_17")).batch == 4


def test_presets_and_delays_decide_the_cycles() -> None:
    assert cycles_on(VtaTarget(), FINISH).total == cycles(FINISH).total == 25
    slow = cycles_on(VtaTarget(dram_delay=40), FINISH).total
    assert slow == cycles(FINISH, dram_delay=40).total > 25
    assert cycles_on(VtaTarget(preset="pynq"), FINISH).total > 1500


def test_a_presets_file_has_a_clock(tmp_path: Path) -> None:
    path = tmp_path / "fast.toml"
    path.write_text(
        'name = "fast"\ndescription = "twice the clock"\nextends = "tsim"\n'
        'clock_mhz = { value = 200, unit = "MHz", source = "made up" }\n'
    )
    target = VtaTarget.parse(f"vta:{path}")
    assert preset_of(target).name == "fast"
    assert nanoseconds(target, 1000) == 5000
    assert nanoseconds(VtaTarget(), 1000) == 10000


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (VtaTarget("3x16_i8w8a32_15_15_18_17"), "expected powers of two"),
        (VtaTarget("1x16_i8w8a32_15_15_18_40"), "expected LOG_ACC_BUFF_SIZE"),
        (VtaTarget("1x16_i4w8a32_15_15_18_17"), "expected LOG_INP_WIDTH"),
        (VtaTarget(preset="tsimm"), "expected a preset of pynq"),
    ],
)
def test_what_is_no_accelerator_is_refused(target: VtaTarget, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        check_target(target)


def test_a_delay_no_cycle_model_takes_is_refused_with_the_target() -> None:
    check_target(VtaTarget(dram_delay=2**32 - 1))
    with pytest.raises(
        TargetError, match=r"expected a dram_delay below 2\^32 cycles, got 4294967296"
    ):
        check_target(VtaTarget(dram_delay=2**32))
