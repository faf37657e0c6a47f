"""Decodes a stream to the instruction table, and reads the table from native functions.

In these functions `row` is the place in the flat table where an instruction begins: its number
times `table.ROW_WIDTH`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.fields import OPCODE_BITS
from autosched.vta.isa.instructions import Module, Opcode
from autosched.vta.isa.table import INSTRUCTION_BYTES, ROW_WIDTH, Column, Place, Rows, places
from autosched.vta.isa.uops import uop_widths

_OPCODES, _PLACE_WIDTH = (1 << OPCODE_BITS) - 1, len(Place)


class Geometry(IntEnum):
    """The indices into the array of sizes that `geometry` returns."""

    ELEMENT_BYTES = 0
    """Of each memory."""
    DEPTH = 5
    """Elements of each memory."""
    DST_BITS = 10
    SRC_BITS = 11
    WGT_BITS = 12


@cache
def geometry(config: VTAConfig) -> Int64s:
    """Return the sizes of a configuration, at the places of `Geometry`."""
    sizes = [config.element_bytes(memory) for memory in Memory]
    depths = [config.depth(memory) for memory in Memory]
    return np.array([*sizes, *depths, *uop_widths(config)])


def unpack(data: bytes, config: VTAConfig) -> Rows:
    """Return a row of `Column` for each instruction of a stream.

    For an unknown opcode, only the opcode is filled in. Raises `AcceleratorError` when the stream
    ends inside an instruction.
    """
    if len(data) % INSTRUCTION_BYTES:
        raise AcceleratorError(
            f"instruction {len(data) // INSTRUCTION_BYTES}: expected {INSTRUCTION_BYTES} bytes, "
            f"got {len(data) % INSTRUCTION_BYTES} before the end of the stream"
        )
    rows = np.empty((len(data) // INSTRUCTION_BYTES, ROW_WIDTH), np.int64)
    split(np.frombuffer(data, "<i8"), len(rows), places(config).reshape(-1), rows.reshape(-1))
    return rows


@native
def split(words: Int64s, count: int, places: Int64s, rows: Int64s) -> None:
    """Decode `count` instructions of two 64-bit words: each field to its column in `rows`."""
    for index in range(count):
        opcode = words[2 * index] & _OPCODES
        for column in range(ROW_WIDTH):
            place = (opcode * ROW_WIDTH + column) * _PLACE_WIDTH
            bits = words[2 * index + places[place + Place.WORD]] >> places[place + Place.LOW]
            sign = places[place + Place.SIGN]
            rows[index * ROW_WIDTH + column] = ((bits & places[place + Place.MASK]) ^ sign) - sign


@native
def module_at(rows: Int64s, row: int) -> int:
    """Return the module that runs an instruction, see `module_of`."""
    if rows[row] == Opcode.STORE:
        return Module.STORE
    memory = rows[row + Column.MEMORY]
    if rows[row] == Opcode.LOAD and (memory == Memory.INP or memory == Memory.WGT):
        return Module.LOAD
    return Module.COMPUTE


@native
def queues_at(rows: Int64s, row: int, module: int) -> int:
    """Return the token queues of an instruction of `module` as bits, one for each of `QUEUES`.

    Bits 0 to 3 are the queues it pops, bits 4 to 7 the queues it pushes. -1 if a flag names a
    neighbour that the module does not have.
    """
    if module == Module.LOAD and (rows[row + Column.POP_PREV] or rows[row + Column.PUSH_PREV]):
        return -1
    if module == Module.STORE and (rows[row + Column.POP_NEXT] or rows[row + Column.PUSH_NEXT]):
        return -1
    queues = 0
    if rows[row + Column.POP_PREV]:
        queues += 1 << (2 * module - 2)
    if rows[row + Column.POP_NEXT]:
        queues += 1 << (2 * module + 1)
    if rows[row + Column.PUSH_PREV]:
        queues += 16 << (2 * module - 1)
    if rows[row + Column.PUSH_NEXT]:
        queues += 16 << (2 * module)
    return queues


@native
def padded_height(rows: Int64s, row: int) -> int:
    """Return the number of rows of a transfer in the memory, with padding; a STORE has none."""
    height = rows[row + Column.Y_SIZE]
    if rows[row] == Opcode.LOAD:
        height += rows[row + Column.Y_PAD_0] + rows[row + Column.Y_PAD_1]
    return height


@native
def padded_width(rows: Int64s, row: int) -> int:
    """Return the number of elements of a row in the memory, with padding; a STORE has none."""
    width = rows[row + Column.X_SIZE]
    if rows[row] == Opcode.LOAD:
        width += rows[row + Column.X_PAD_0] + rows[row + Column.X_PAD_1]
    return width


@native
def has_memory(rows: Int64s, row: int) -> int:
    """Whether a LOAD names a memory it can fill, and a STORE that moves anything names OUT."""
    memory = rows[row + Column.MEMORY]
    if rows[row] == Opcode.LOAD:
        return memory <= Memory.ACC
    return memory == Memory.OUT or (memory < Memory.OUT and rows[row + Column.X_SIZE] == 0)


@native
def fits_memory(rows: Int64s, row: int, geometry: Int64s) -> int:
    """Whether the rows of a transfer fit into its memory; requires `has_memory`."""
    depth = geometry[Geometry.DEPTH + rows[row + Column.MEMORY]]
    area = padded_height(rows, row) * padded_width(rows, row)
    return rows[row + Column.SRAM_BASE] + area <= depth
