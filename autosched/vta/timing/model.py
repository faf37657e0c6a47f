"""The cycle model's one function."""

from __future__ import annotations

from os import PathLike

from autosched.errors import AcceleratorError
from autosched.vta.config import VTAConfig
from autosched.vta.timing.bus import Memory, Ports, SharedBus
from autosched.vta.timing.engine import Engine
from autosched.vta.timing.preset import Bus, Preset, load_preset
from autosched.vta.timing.program import Reader
from autosched.vta.timing.report import CycleReport

_DEFAULT = VTAConfig()


def cycles(
    instructions: bytes,
    preset: str | PathLike[str] | Preset = "tsim",
    dram_delay: int = 16,
    config: VTAConfig = _DEFAULT,
) -> CycleReport:
    """The cycles from launch to FINISH of a program, and where they go.

    `instructions` is the program alone: no cycle depends on what the DRAM holds, and the
    regions of DRAM are taken to begin at multiples of a burst (2 KB on a bus of 64 bits).
    `preset` names a machine (`tsim`, `pynq`, `pynq-old-alu`) or a `.toml` or `.json` file of
    its constants. `dram_delay` is the DRAM's start delay in cycles; a preset with measured
    ports has it in its constants and passes over it.

    `tsim` gives the cycles of the reference hardware description exactly, on 70 random
    programs at delays 0, 16 and 40 and on ten convolutions, all with 1x16 blocks and a bus
    of 64 bits. `pynq` is fitted to a board with that configuration: 0.7 % off on average on
    the ten convolutions. Other blocks and buses are extrapolated: elements are counted in
    beats of the bus, the latencies are kept, but for the one cycle that elements no wider
    than a beat save.

    Raises `AcceleratorError` naming the instruction when the program is malformed, lies
    outside a buffer, deadlocks or needs more tokens than a queue can hold.
    """
    if type(dram_delay) is not int or dram_delay < 0:
        raise AcceleratorError(f"expected a dram_delay of 0 cycles or more, got {dram_delay!r}")
    constants = load_preset(preset)
    program = Reader(config, constants).read(instructions)
    memory: Memory
    if isinstance(constants.memory, Bus):
        memory = SharedBus(constants.memory, dram_delay)
    else:
        memory = Ports(constants.memory)
    engine = Engine(program, constants, memory, config.bus_bytes)
    return CycleReport(program, engine.run(), constants, memory)
