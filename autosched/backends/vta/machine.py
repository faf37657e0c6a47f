"""From a target to what it stands for: the sizes of an accelerator, and its cycle model."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from autosched.backends.vta.target import VtaTarget
from autosched.errors import AcceleratorError, TargetError
from autosched.vta.config import VTAConfig
from autosched.vta.timing import CycleReport, Preset, cycles, load_preset
from autosched.vta.timing.preset import LIMIT


@cache
def config_of(target: VtaTarget) -> VTAConfig:
    """The sizes of a target. Raises TargetError where no accelerator has them."""
    try:
        config = VTAConfig.from_tag(target.config)
        return replace(config, log_bus_width=target.bus_bits.bit_length() - 1)
    except AcceleratorError as error:
        raise TargetError(error.message, hint=error.hint) from error


@cache
def preset_of(target: VtaTarget) -> Preset:
    """The constants that time a target. Raises TargetError where there are none."""
    try:
        return load_preset(target.preset)
    except AcceleratorError as error:
        raise TargetError(error.message, hint=error.hint) from error


def check_target(target: VtaTarget) -> None:
    """Raise TargetError where there are no such sizes, no such constants or no such delay."""
    config_of(target)
    preset_of(target)
    if target.dram_delay >= LIMIT:
        raise TargetError(f"expected a dram_delay below 2^32 cycles, got {target.dram_delay}")


def cycles_on(target: VtaTarget, instructions: bytes) -> CycleReport:
    """The cycles of a program on the target."""
    return cycles(instructions, preset_of(target), target.dram_delay, config_of(target))


def nanoseconds(target: VtaTarget, count: int) -> float:
    """What so many cycles last at the preset's clock."""
    return count * 1e3 / preset_of(target).clock_mhz
