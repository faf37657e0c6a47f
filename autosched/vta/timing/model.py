"""The cycles of a program."""

from __future__ import annotations

from numbers import Integral
from os import PathLike

from autosched.errors import AcceleratorError
from autosched.vta.config import VTAConfig, checked
from autosched.vta.timing.costs import price
from autosched.vta.timing.events import play
from autosched.vta.timing.preset import LIMIT, Preset, load_preset
from autosched.vta.timing.program import read_program
from autosched.vta.timing.report import CycleReport


def cycles(
    instructions: bytes,
    preset: str | PathLike[str] | Preset = "tsim",
    dram_delay: int = 16,
    config: VTAConfig | None = None,
) -> CycleReport:
    """Return the cycles from launch to FINISH of a program, and where they go.

    `instructions` is the program alone: no cycle depends on what the DRAM holds, and the
    regions of DRAM are taken to begin at multiples of a burst (2 KB on a bus of 64 bits).
    `preset` names a machine (`tsim`, `pynq`, `pynq-old-alu`) or a `.toml` or `.json` file of
    its constants. `dram_delay` is the DRAM's start delay in cycles; a preset with ports ignores
    it, since its constants include it.

    `tsim` gives the cycles of the reference hardware description exactly, on 70 random
    programs at delays 0, 16 and 40 and on ten convolutions, all with 1x16 blocks and a bus
    of 64 bits. `pynq` is fitted to a board with that configuration: 0.7 % off on average on
    the ten convolutions. Other blocks and buses are extrapolated: elements are counted in
    beats of the bus and latencies are kept, except that elements no wider than a beat save
    one cycle.

    Raises `AcceleratorError` naming the instruction when the program is malformed, lies
    outside a buffer, deadlocks, needs more tokens than a queue can hold, or when the program
    would take 2^53 cycles.
    """
    if not isinstance(dram_delay, Integral) or isinstance(dram_delay, bool) or dram_delay < 0:
        raise AcceleratorError(
            f"expected dram_delay as a whole number of cycles, 0 or more, got {dram_delay!r}"
        )
    if dram_delay >= LIMIT:
        raise AcceleratorError(f"expected dram_delay below 2^32 cycles, got {dram_delay}")
    constants = load_preset(preset)
    config = checked(config)
    program = read_program(instructions, config, constants)
    price(program, constants, config)
    return CycleReport(program, play(program, constants, int(dram_delay), config), constants)
