"""The table of a program: a row of integers for each instruction, and one for fetch at the end.

Native functions read and write it; the columns have their names here.
"""

from __future__ import annotations

from enum import IntEnum

NEVER = -1
"""The cycle of what has not happened."""

NO_CLIENT = -1
"""The client of what does not wait for the read bus."""


class Column(IntEnum):
    """What stands where in a row; bytes, elements, beats and cycles."""

    KIND = 0
    UNIT = 1
    TOKENS = 2
    """A bit for each queue of tokens that is popped, and four bits higher for each pushed."""
    CYCLES = 3
    """The duration, where it does not depend on the bus."""
    CLIENT = 4
    """The place in the bus's order of precedence."""
    # What an instruction's cost is made of, in this order.
    ROWS = 5
    BURSTS = 6
    BEATS = 7
    VECTORS = 8
    PADDING = 9
    UOPS = 10
    # The rows of a transfer in DRAM; `ADDRESS` counts from where a burst may begin.
    ADDRESS = 11
    ROW_BYTES = 12
    STEP = 13
    # Its bursts are `BURSTS` numbers from `FIRST` on; there is room for as many as could be.
    FIRST = 14
    # Zeros around it on the chip, in elements; `SKIPPED` data rows have none.
    TOP = 15
    TOP_CELLS = 16
    SKIPPED = 17
    BOTTOM_CELLS = 18
    # Cycles from the start to the first request, and from the last beat to a free unit.
    LEAD = 19
    DRAIN = 20
    # Cycles from launch, and how many of them others on the bus took.
    ARRIVAL = 21
    START = 22
    END = 23
    BUS_WAIT = 24


WIDTH = len(Column)

COSTS = slice(Column.ROWS, Column.UOPS + 1)
"""The columns that a cost is made of."""


class Kind(IntEnum):
    """Instructions that cost the same."""

    SYNC = 0
    FINISH = 1
    GEMM = 2
    RESET = 3
    ALU_IMM = 4
    ALU_TENSOR = 5
    STORE = 6
    LOAD_UOP = 7
    LOAD_WGT = 8
    LOAD_INP = 9
    LOAD_ACC = 10
    FETCH = 11


KINDS = (
    *("SYNC", "FINISH", "GEMM", "RESET", "ALU", "ALU", "STORE"),
    *("LOAD UOP", "LOAD WGT", "LOAD INP", "LOAD ACC", "FETCH"),
)
"""How kinds are called."""

LOADS = {Kind.LOAD_UOP: "uop", Kind.LOAD_WGT: "wgt", Kind.LOAD_INP: "inp", Kind.LOAD_ACC: "acc"}
"""The client that each kind of load is."""

LOAD, COMPUTE, STORE = range(3)
UNITS = ("load", "compute", "store")

QUEUES = ("load to compute", "compute to load", "compute to store", "store to compute")
"""The four queues of tokens, under their numbers."""
