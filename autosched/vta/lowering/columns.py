"""The columns of the instruction table that exist only while a program is lowered.

They follow the columns of the instruction's own fields.
"""

from __future__ import annotations

from enum import IntEnum

from autosched.vta.isa.table import ROW_WIDTH


class Effect(IntEnum):
    """Columns that say which elements of the memories an instruction reads and writes.

    A pair LOW, HIGH is the first and the last index of an interval.
    """

    ACTION = ROW_WIDTH
    LOW = ROW_WIDTH + 1
    """The elements on the chip that a transfer moves, or the sums that are computed."""
    HIGH = ROW_WIDTH + 2
    INP_LOW = ROW_WIDTH + 3
    """The inputs and weights that a GEMM reads; if it reads none, the last is below the first."""
    INP_HIGH = ROW_WIDTH + 4
    WGT_LOW = ROW_WIDTH + 5
    WGT_HIGH = ROW_WIDTH + 6
    KERNEL = ROW_WIDTH + 7
    """The number of its micro-op kernel, -1 for none."""


WIDTH = ROW_WIDTH + len(Effect)


class Action(IntEnum):
    """The kind of an instruction, by which tokens are inserted.

    Loads of sums and of micro-ops run in the compute module and are `COMPUTE`.
    """

    LOAD_INP = 0
    LOAD_WGT = 1
    COMPUTE = 2
    STORE = 3
    FINISH = 4
