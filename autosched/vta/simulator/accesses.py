"""The elements that an instruction reads and writes in each memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.vta.config import Memory
from autosched.vta.isa import Gemm, Instruction, Load, Store
from autosched.vta.simulator.nest import UopNest
from autosched.vta.simulator.state import Array
from autosched.vta.simulator.transfer import padded_shape

Areas = list[tuple[Memory, Array]]


@dataclass(frozen=True, slots=True)
class Accesses:
    """Indices into memories, which may repeat. A STORE reads `OUT`."""

    reads: Areas
    writes: Areas


def accesses_of(instruction: Instruction, nest: UopNest | None) -> Accesses:
    """The accesses of an instruction; `nest` is the loop nest of a GEMM or an ALU."""
    if isinstance(instruction, Load | Store) and instruction.x_size:
        height, width = padded_shape(instruction)
        first = instruction.sram_base
        area = (instruction.memory, np.arange(first, first + height * width))
        return Accesses([], [area]) if isinstance(instruction, Load) else Accesses([area], [])
    if nest is None or not nest.count:
        return Accesses([], [])
    touched = [(operand.memory, nest.indices(operand)) for operand in nest.operands]
    micro_ops = (Memory.UOP, nest.first + np.arange(len(nest.table)))
    is_reset = isinstance(instruction, Gemm) and instruction.reset
    reads = [micro_ops] if is_reset else [micro_ops, *touched]
    return Accesses(reads, touched[:1])
