"""Fills the timing table from the instruction table, and refuses instructions that cannot run."""

from __future__ import annotations

from enum import IntEnum

from autosched.codegen.native import Int64s, native
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import AluOp, Opcode
from autosched.vta.isa.native import (
    Geometry,
    fits_memory,
    has_memory,
    module_at,
    padded_height,
    padded_width,
    queues_at,
)
from autosched.vta.isa.table import ROW_WIDTH, Column
from autosched.vta.timing.table import NEVER, WIDTH, Entry, Kind


class Refused(IntEnum):
    """The reasons to refuse an instruction; 0 means that it is not refused."""

    OPCODE = 1
    AFTER_FINISH = 2
    MEMORY = 3
    NO_ROWS = 4
    BUFFER = 5
    OPERATION = 6
    NO_WORK = 7
    MICRO_OPS = 8
    NEIGHBOUR = 9


REASONS = 16
"""An integer greater than every reason."""


@native
def read_transfer(
    rows: Int64s, row: int, geometry: Int64s, burst_bytes: int, table: Int64s, at: int
) -> int:
    """Fill in the entry of a LOAD or a STORE; return the reason to refuse it, or 0."""
    store = rows[row] == Opcode.STORE
    memory, columns = rows[row + Column.MEMORY], rows[row + Column.X_SIZE]
    if not has_memory(rows, row):
        return Refused.MEMORY
    if columns == 0:
        table[at + Entry.KIND] = Kind.SYNC
        return 0
    table[at + Entry.KIND] = Kind.STORE if store else Kind.LOAD_UOP + memory
    if rows[row + Column.Y_SIZE] == 0:
        return Refused.NO_ROWS
    if not fits_memory(rows, row, geometry):
        return Refused.BUFFER
    height, width = padded_height(rows, row), padded_width(rows, row)
    top, bottom = 0, 0
    if not store:
        top, bottom = rows[row + Column.Y_PAD_0], rows[row + Column.Y_PAD_1]
    size = geometry[Geometry.ELEMENT_BYTES + memory]
    data_rows = rows[row + Column.Y_SIZE]
    table[at + Entry.ROWS] = data_rows
    table[at + Entry.PADDING] = height * width - data_rows * columns
    table[at + Entry.ADDRESS] = rows[row + Column.DRAM_BASE] * size % burst_bytes
    table[at + Entry.ROW_BYTES] = columns * size
    table[at + Entry.STEP] = rows[row + Column.X_STRIDE] * size
    table[at + Entry.TOP] = top
    table[at + Entry.TOP_CELLS] = top * width
    table[at + Entry.SKIPPED] = data_rows if bottom and width == columns else 0
    table[at + Entry.BOTTOM_CELLS] = bottom * width
    return 0


@native
def read_uops(rows: Int64s, row: int, geometry: Int64s, table: Int64s, at: int) -> int:
    """Fill in the entry of a GEMM or an ALU instruction; return the reason to refuse it, or 0."""
    begin, end = rows[row + Column.UOP_BGN], rows[row + Column.UOP_END]
    if rows[row] == Opcode.GEMM:
        table[at + Entry.KIND] = Kind.RESET if rows[row + Column.RESET] else Kind.GEMM
    else:
        if rows[row + Column.OP] > AluOp.MUL:
            return Refused.OPERATION
        table[at + Entry.KIND] = Kind.ALU_IMM if rows[row + Column.USE_IMM] else Kind.ALU_TENSOR
    uops = (end - begin) * rows[row + Column.ITER_OUT] * rows[row + Column.ITER_IN]
    if uops <= 0:
        return Refused.NO_WORK
    if end > geometry[Geometry.DEPTH + Memory.UOP]:
        return Refused.MICRO_OPS
    table[at + Entry.UOPS] = uops
    return 0


@native
def read(rows: Int64s, count: int, geometry: Int64s, burst_bytes: int, table: Int64s) -> int:
    """Fill a timing table, all zeros before, from `count` instructions.

    Transfers are not cut into bursts yet; a burst ends at each multiple of `burst_bytes`. Returns
    0, or for the first refused instruction its number times `REASONS` plus the reason.
    """
    room = 0
    for index in range(count):
        row, at = index * ROW_WIDTH, index * WIDTH
        opcode = rows[row]
        refused = 0
        if opcode <= Opcode.STORE:
            refused = read_transfer(rows, row, geometry, burst_bytes, table, at)
        elif opcode == Opcode.GEMM or opcode == Opcode.ALU:
            refused = read_uops(rows, row, geometry, table, at)
        elif opcode != Opcode.FINISH:
            refused = Refused.OPCODE
        elif index + 1 < count:
            refused = Refused.AFTER_FINISH
        else:
            table[at + Entry.KIND] = Kind.FINISH
        unit = module_at(rows, row)
        tokens = queues_at(rows, row, unit)
        if refused == 0 and tokens < 0:
            refused = Refused.NEIGHBOUR
        table[at + Entry.UNIT] = unit
        if refused:
            return index * REASONS + refused
        table[at + Entry.TOKENS] = tokens
        table[at + Entry.FIRST] = room
        size = table[at + Entry.ROW_BYTES]
        blocks = 2 if size <= burst_bytes else size // burst_bytes + 2
        room += table[at + Entry.ROWS] * blocks
        table[at + Entry.ARRIVAL] = NEVER
        table[at + Entry.START] = NEVER
        table[at + Entry.END] = NEVER
    table[count * WIDTH + Entry.FIRST] = room
    return 0
