"""The memories on the chip as NumPy arrays, and the counters of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched.runtime.arrays import aligned
from autosched.vta.config import Memory, VTAConfig

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Counters:
    """Bytes moved from and to DRAM without padding, and micro-ops run.

    The names are those of VTA's own functional simulator; `gemm_counter` leaves out resets.
    """

    inp_load_nbytes: int = 0
    wgt_load_nbytes: int = 0
    acc_load_nbytes: int = 0
    uop_load_nbytes: int = 0
    out_store_nbytes: int = 0
    gemm_counter: int = 0
    alu_counter: int = 0


class State:
    """The memories, zeros at first.

    `inp` is (depth, batch * block) int8, `wgt` (depth, block_out * block_in) int8, `acc`
    (depth, batch * block) int32, and `uops` (depth, 3) int32: dst, src and wgt. `raw` has the
    same memories as bytes, (depth, element bytes) uint8.
    """

    def __init__(self, config: VTAConfig):
        self.config = config
        memories = (Memory.INP, Memory.WGT, Memory.ACC, Memory.UOP)
        self.raw: dict[Memory, Array] = {
            memory: aligned_zeros((config.depth(memory), config.element_bytes(memory)), np.uint8)
            for memory in memories
        }
        self.inp = self.raw[Memory.INP].view(np.int8)
        self.wgt = self.raw[Memory.WGT].view(np.int8)
        self.acc = self.raw[Memory.ACC].view("<i4")
        self.uops = np.zeros((config.depth(Memory.UOP), 3), np.int32)


def aligned_zeros(shape: tuple[int, ...], dtype: type[np.generic]) -> Array:
    """Zeros that begin at a cache line, since vector code reads whole elements."""
    return aligned(np.zeros(shape, dtype))
