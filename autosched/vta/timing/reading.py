"""Instructions into rows of the table, and the first that is refused."""

from __future__ import annotations

from enum import IntEnum

from autosched.codegen.native import Int64s, native
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import AluOp, Opcode
from autosched.vta.timing.table import (
    COMPUTE,
    LOAD,
    NEVER,
    STORE,
    WIDTH,
    Column,
    Kind,
)


class Refused(IntEnum):
    """Why an instruction is refused; 0 is none."""

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
"""More than there are reasons."""


class Machine(IntEnum):
    """What stands where in the constants of a configuration.

    First the lowest bit and the mask of each field that costs time.
    """

    MEMORY = 0
    SRAM_BASE = 2
    DRAM_BASE = 4
    Y_SIZE = 6
    X_SIZE = 8
    X_STRIDE = 10
    Y_PAD_0 = 12
    Y_PAD_1 = 14
    X_PAD_0 = 16
    X_PAD_1 = 18
    UOP_BGN = 20
    UOP_END = 22
    ITER_OUT = 24
    ITER_IN = 26
    RESET = 28
    USE_IMM = 30
    OP = 32
    DEPTH = 34
    """Elements of each memory."""
    ELEMENT_BYTES = 39
    TOKENS = 44
    """`Column.TOKENS` for each unit and the four bits of the instruction, or -1."""
    LIMIT = 92
    """Bytes at whose multiples a burst ends."""


@native
def field(machine: Int64s, words: Int64s, at: int, name: int) -> int:
    """A field of the instruction whose two words begin at `at`; none lies across both."""
    low = machine[name]
    return words[at + (low >> 6)] >> (low & 63) & machine[name + 1]


@native
def read_transfer(machine: Int64s, words: Int64s, at: int, table: Int64s, row: int) -> int:
    """A LOAD or a STORE; why it is refused, or 0."""
    store = words[at] & 7 == Opcode.STORE
    memory = field(machine, words, at, Machine.MEMORY)
    columns = field(machine, words, at, Machine.X_SIZE)
    if memory > Memory.ACC and not (store and memory == Memory.OUT):
        return Refused.MEMORY
    if store and columns and memory != Memory.OUT:
        return Refused.MEMORY
    loads = memory == Memory.INP or memory == Memory.WGT
    table[row + Column.UNIT] = STORE if store else LOAD if loads else COMPUTE
    if columns == 0:
        table[row + Column.KIND] = Kind.SYNC
        return 0
    table[row + Column.KIND] = Kind.STORE if store else Kind.LOAD_UOP + memory
    rows = field(machine, words, at, Machine.Y_SIZE)
    top, bottom, left, right = 0, 0, 0, 0
    if not store:
        top = field(machine, words, at, Machine.Y_PAD_0)
        bottom = field(machine, words, at, Machine.Y_PAD_1)
        left = field(machine, words, at, Machine.X_PAD_0)
        right = field(machine, words, at, Machine.X_PAD_1)
    if rows == 0:
        return Refused.NO_ROWS
    width = left + columns + right
    sram = field(machine, words, at, Machine.SRAM_BASE)
    if sram + width * (top + rows + bottom) > machine[Machine.DEPTH + memory]:
        return Refused.BUFFER
    size = machine[Machine.ELEMENT_BYTES + memory]
    address = field(machine, words, at, Machine.DRAM_BASE) * size
    sides = rows * (left + right)
    table[row + Column.ROWS] = rows
    table[row + Column.PADDING] = (top + bottom) * width + sides
    table[row + Column.ADDRESS] = address % machine[Machine.LIMIT]
    table[row + Column.ROW_BYTES] = columns * size
    table[row + Column.STEP] = field(machine, words, at, Machine.X_STRIDE) * size
    table[row + Column.TOP] = top
    table[row + Column.TOP_CELLS] = top * width
    table[row + Column.SKIPPED] = rows if bottom and not sides else 0
    table[row + Column.BOTTOM_CELLS] = bottom * width
    return 0


@native
def read_nest(machine: Int64s, words: Int64s, at: int, table: Int64s, row: int) -> int:
    """A GEMM or an ALU instruction; why it is refused, or 0."""
    begin = field(machine, words, at, Machine.UOP_BGN)
    end = field(machine, words, at, Machine.UOP_END)
    outer = field(machine, words, at, Machine.ITER_OUT)
    inner = field(machine, words, at, Machine.ITER_IN)
    table[row + Column.UNIT] = COMPUTE
    if words[at] & 7 == Opcode.GEMM:
        reset = field(machine, words, at, Machine.RESET)
        table[row + Column.KIND] = Kind.RESET if reset else Kind.GEMM
    else:
        if field(machine, words, at, Machine.OP) > AluOp.MUL:
            return Refused.OPERATION
        immediate = field(machine, words, at, Machine.USE_IMM)
        table[row + Column.KIND] = Kind.ALU_IMM if immediate else Kind.ALU_TENSOR
    uops = (end - begin) * outer * inner
    if uops <= 0:
        return Refused.NO_WORK
    if end > machine[Machine.DEPTH + Memory.UOP]:
        return Refused.MICRO_OPS
    table[row + Column.UOPS] = uops
    return 0


@native
def read(machine: Int64s, words: Int64s, count: int, table: Int64s) -> int:
    """Fill the rows of `count` instructions in a table of zeros; those of transfers are not cut.

    Gives 0, or the number of the first instruction that is refused, times `REASONS`, and why.
    """
    room = 0
    for index in range(count):
        row, at = index * WIDTH, 2 * index
        opcode = words[at] & 7
        refused = 0
        if opcode <= Opcode.STORE:
            refused = read_transfer(machine, words, at, table, row)
        elif opcode == Opcode.GEMM or opcode == Opcode.ALU:
            refused = read_nest(machine, words, at, table, row)
        elif opcode != Opcode.FINISH:
            refused = Refused.OPCODE
        elif index + 1 < count:
            refused = Refused.AFTER_FINISH
        else:
            table[row + Column.UNIT] = COMPUTE
            table[row + Column.KIND] = Kind.FINISH
        unit = table[row + Column.UNIT]
        tokens = machine[Machine.TOKENS + 16 * unit + (words[at] >> 3 & 15)]
        if refused == 0 and tokens < 0:
            refused = Refused.NEIGHBOUR
        if refused:
            return index * REASONS + refused
        table[row + Column.TOKENS] = tokens
        table[row + Column.FIRST] = room
        size = table[row + Column.ROW_BYTES]
        blocks = 2 if size <= machine[Machine.LIMIT] else size // machine[Machine.LIMIT] + 2
        room += table[row + Column.ROWS] * blocks
        table[row + Column.ARRIVAL] = NEVER
        table[row + Column.START] = NEVER
        table[row + Column.END] = NEVER
    table[count * WIDTH + Column.FIRST] = room
    return 0
