"""The instruction table while a program is made: further columns behind those of its fields."""

from __future__ import annotations

from enum import IntEnum

from autosched.vta.isa.table import ROW_WIDTH

FLAGS = slice(1, 5)
"""The columns of pop_prev, pop_next, push_prev and push_next."""


class Effect(IntEnum):
    """What an instruction does to the memories; intervals have a first and a last index."""

    ACTION = ROW_WIDTH
    LOW = ROW_WIDTH + 1
    """What a transfer moves on the chip, or the sums that are computed."""
    HIGH = ROW_WIDTH + 2
    INP_LOW = ROW_WIDTH + 3
    """The inputs and weights that a GEMM reads; the last is below the first if it reads none."""
    INP_HIGH = ROW_WIDTH + 4
    WGT_LOW = ROW_WIDTH + 5
    WGT_HIGH = ROW_WIDTH + 6
    KERNEL = ROW_WIDTH + 7
    """The number of its micro-op kernel, -1 for none."""


WIDTH = ROW_WIDTH + len(Effect)


class Action(IntEnum):
    """What an instruction is to the tokens; loads of sums and of micro-ops are `COMPUTE`."""

    LOAD_INP = 0
    LOAD_WGT = 1
    COMPUTE = 2
    STORE = 3
    FINISH = 4
