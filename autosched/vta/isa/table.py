"""Instructions as a table of integers, and the bytes of such a table.

`encode` gives the same bytes for instructions as values.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np

from autosched.errors import LoweringError
from autosched.vta.config import VTAConfig
from autosched.vta.isa.fields import OPCODE_BITS, WORD_BITS, layouts
from autosched.vta.isa.instructions import Opcode

Rows = np.ndarray[Any, np.dtype[np.int64]]
"""A row for each instruction."""

INSTRUCTION_BYTES = 16


class Column(IntEnum):
    """The column of each field; transfers and loop nests have different fields in the same ones."""

    OPCODE = 0
    POP_PREV = 1
    POP_NEXT = 2
    PUSH_PREV = 3
    PUSH_NEXT = 4

    MEMORY = 5
    SRAM_BASE = 6
    DRAM_BASE = 7
    Y_SIZE = 8
    X_SIZE = 9
    X_STRIDE = 10
    Y_PAD_0 = 11
    Y_PAD_1 = 12
    X_PAD_0 = 13
    X_PAD_1 = 14

    UOP_BGN = 5
    UOP_END = 6
    ITER_OUT = 7
    ITER_IN = 8
    DST_FACTOR_OUT = 9
    DST_FACTOR_IN = 10
    SRC_FACTOR_OUT = 11
    SRC_FACTOR_IN = 12

    WGT_FACTOR_OUT = 13
    WGT_FACTOR_IN = 14
    RESET = 15

    OP = 13
    USE_IMM = 14
    IMM = 15


ROW_WIDTH = 16


class Place(IntEnum):
    """The place of a column in the bytes of an instruction."""

    WORD = 0
    LOW = 1
    MASK = 2
    """0 for a column that the opcode does not use."""
    SIGN = 3
    """The sign bit, 0 for an unsigned field."""


@cache
def places(config: VTAConfig) -> Rows:
    """Return the places of all columns of all opcodes, of shape (opcodes, columns, `Place`)."""
    found = np.zeros((1 << OPCODE_BITS, ROW_WIDTH, len(Place)), np.int64)
    found[:, Column.OPCODE, Place.MASK] = (1 << OPCODE_BITS) - 1
    for opcode, fields in layouts(config).items():
        for field in fields:
            word, low = divmod(field.low, WORD_BITS)
            found[opcode, Column[field.name.upper()]] = word, low, field.mask, -field.least
    return found


def pack(table: Rows, config: VTAConfig) -> bytes:
    """Return the stream of a table, which may have more columns behind those of `Column`.

    Raises LoweringError where a value does not fit its field.
    """
    values = table[:, :ROW_WIDTH]
    is_second, lows, masks, signs = np.moveaxis(places(config)[table[:, 0]], 2, 0)
    # A signed field takes half as many positive values as it has bit patterns.
    outside = (values < -signs) | (values > masks - signs)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise _misfit(Opcode(table[row, 0]), Column(column), values[row, column], config)
    bits = (values & masks) << lows
    words = np.stack([np.where(is_second, 0, bits), bits * is_second], axis=1)
    return np.bitwise_or.reduce(words, axis=2).astype("<i8").tobytes()


def _misfit(opcode: Opcode, column: Column, value: int, config: VTAConfig) -> LoweringError:
    field = next(f for f in layouts(config)[opcode] if Column[f.name.upper()] is column)
    return LoweringError(
        f"expected {field.name} of {opcode.name} from {field.least} to {field.most}, got {value}",
        hint="compute smaller tiles",
    )
