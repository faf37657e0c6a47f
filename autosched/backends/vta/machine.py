"""The configuration and the cycle model of a target."""

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
    """Return the configuration of a target. Raises TargetError for impossible sizes."""
    try:
        config = VTAConfig.from_tag(target.config)
        return replace(config, log_bus_width=target.bus_bits.bit_length() - 1)
    except AcceleratorError as error:
        raise TargetError(error.message, hint=error.hint) from error


@cache
def preset_of(target: VtaTarget) -> Preset:
    """Return the preset of a target. Raises TargetError if there is none."""
    try:
        return load_preset(target.preset)
    except AcceleratorError as error:
        raise TargetError(error.message, hint=error.hint) from error


def check_target(target: VtaTarget) -> None:
    """Raise TargetError if the sizes, the preset or the delay do not exist."""
    config_of(target)
    preset_of(target)
    if target.dram_delay >= LIMIT:
        raise TargetError(f"expected a dram_delay below 2^32 cycles, got {target.dram_delay}")


def cycles_on(target: VtaTarget, instructions: bytes) -> CycleReport:
    """Return the cycles of a program on the target."""
    return cycles(instructions, preset_of(target), target.dram_delay, config_of(target))


def nanoseconds(target: VtaTarget, count: int) -> float:
    """Return the duration of a number of cycles at the clock of the preset."""
    return count * 1e3 / preset_of(target).clock_mhz
