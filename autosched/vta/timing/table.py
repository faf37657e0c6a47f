"""The timing table: a row of integers for each instruction, and one for fetch at the end.

Native functions read and write it; the entries of a row have their names here.
"""

from __future__ import annotations

from enum import IntEnum

from autosched.vta.isa.instructions import QUEUES, Module

NEVER = -1
"""The cycle of an event that has not happened."""

NO_CLIENT = -1
"""The client of an instruction that does not wait for the read bus."""


class Entry(IntEnum):
    """The entries of a row: bytes, elements, beats and cycles."""

    KIND = 0
    UNIT = 1
    TOKENS = 2
    """A bit for each token queue, see `queues_at`."""
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


WIDTH = len(Entry)

COSTS = slice(Entry.ROWS, Entry.UOPS + 1)
"""The entries that a cost is made of."""


class Kind(IntEnum):
    """The kinds of instructions; those of one kind cost the same."""

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
"""The names of the kinds."""

LOADS = {Kind.LOAD_UOP: "uop", Kind.LOAD_WGT: "wgt", Kind.LOAD_INP: "inp", Kind.LOAD_ACC: "acc"}
"""The client of each kind of load."""

UNITS = tuple(module.label for module in Module)
"""The units beside fetch: the modules, under their numbers."""

ALL_UNITS = ("fetch", *UNITS)

QUEUE_NAMES = tuple(f"{giver.label} to {taker.label}" for giver, taker in QUEUES)
"""The token queues, under their numbers."""
