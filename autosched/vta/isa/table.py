"""Instructions as a table of integers, and the table to bytes and back, all rows at once.

The same bytes as `encode` and `decode` have for instructions as values.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from autosched.errors import AcceleratorError, LoweringError
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


class _Places(NamedTuple):
    """Where each column lies in the bytes: an array of shape (opcodes, columns) for each fact.

    `signs` are the sign bits, 0 for unsigned fields. Columns that an opcode does not use have
    a mask of 0.
    """

    is_second: np.ndarray
    lows: np.ndarray
    masks: np.ndarray
    signs: np.ndarray


@cache
def _places(config: VTAConfig) -> _Places:
    shape = (1 << OPCODE_BITS, ROW_WIDTH)
    places = _Places(np.zeros(shape, bool), *np.zeros((3, *shape), np.int64))
    places.masks[:, Column.OPCODE] = shape[0] - 1
    for opcode, fields in layouts(config).items():
        for field in fields:
            at = opcode, Column[field.name.upper()]
            places.is_second[at], places.lows[at] = divmod(field.low, WORD_BITS)
            places.masks[at], places.signs[at] = field.mask, -field.least
    return places


def unpack(data: bytes, config: VTAConfig) -> Rows:
    """A row of `Column` for each instruction of a stream; of an unknown opcode only the number.

    Raises `AcceleratorError` when the stream ends inside an instruction.
    """
    if len(data) % INSTRUCTION_BYTES:
        raise AcceleratorError(
            f"instruction {len(data) // INSTRUCTION_BYTES}: expected {INSTRUCTION_BYTES} bytes, "
            f"got {len(data) % INSTRUCTION_BYTES} before the end of the stream"
        )
    words = np.frombuffer(data, "<i8").reshape(-1, 2)
    opcodes = words[:, 0] & ((1 << OPCODE_BITS) - 1)
    is_second, lows, masks, signs = (fact[opcodes] for fact in _places(config))
    table: Rows = np.where(is_second, words[:, 1:], words[:, :1]) >> lows & masks
    return (table ^ signs) - signs


def pack(table: Rows, config: VTAConfig) -> bytes:
    """The stream of a table, which may have more columns behind those of `Column`.

    Raises LoweringError where a value does not fit its field.
    """
    values = table[:, :ROW_WIDTH]
    is_second, lows, masks, signs = (fact[table[:, 0]] for fact in _places(config))
    # A signed field takes half as many positive values as it has bit patterns.
    outside = (values < -signs) | (values > masks - signs)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise _misfit(Opcode(table[row, 0]), Column(column), values[row, column], config)
    bits = (values & masks) << lows
    words = np.stack([np.where(is_second, 0, bits), np.where(is_second, bits, 0)], axis=1)
    return np.bitwise_or.reduce(words, axis=2).astype("<i8").tobytes()


def _misfit(opcode: Opcode, column: Column, value: int, config: VTAConfig) -> LoweringError:
    field = next(f for f in layouts(config)[opcode] if Column[f.name.upper()] is column)
    return LoweringError(
        f"expected {field.name} of {opcode.name} from {field.least} to {field.most}, got {value}",
        hint="compute smaller tiles",
    )
