"""Rows to bytes, a whole stream at a time.

The same bytes as `autosched.vta.isa.encode` gives for the same instructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from autosched.errors import LoweringError
from autosched.vta.config import VTAConfig
from autosched.vta.isa import Opcode
from autosched.vta.isa.fields import WORD_BITS, Field, layouts
from autosched.vta.lowering import columns as c
from autosched.vta.lowering.columns import Rows


def pack(rows: Rows, config: VTAConfig) -> bytes:
    """The stream of `rows`. Raises LoweringError where a value does not fit its field."""
    words = np.zeros((len(rows), 2), np.uint64)
    for opcode, fields in layouts(config).items():
        (numbers,) = (rows[:, c.OPCODE] == opcode).nonzero()
        if len(numbers):
            table = rows[numbers, c.FLAGS : c.FLAGS + len(fields) - 1]
            words[numbers] = _words(opcode, table, config)
    return words.astype("<u8").tobytes()


def _words(opcode: Opcode, table: Rows, config: VTAConfig) -> np.ndarray:
    """The words of instructions of one kind; `table` has a row for each, without the opcode."""
    places = _places(opcode, config)
    outside = (table < places.least) | (table > places.most)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        field = places.fields[column]
        raise LoweringError(
            f"expected {field.name} of {opcode.name} from {field.least} to {field.most}, got "
            f"{table[row, column]}",
            hint="compute smaller tiles",
        )
    bits = (table & places.masks).astype(np.uint64) << places.lows
    first = np.bitwise_or.reduce(bits[:, : places.split], axis=1) | np.uint64(opcode)
    return np.stack([first, np.bitwise_or.reduce(bits[:, places.split :], axis=1)], axis=1)


@dataclass(frozen=True, slots=True)
class _Places:
    """The fields after the opcode, an entry for each; from `split` on they are in word 1."""

    fields: tuple[Field, ...]
    least: np.ndarray
    most: np.ndarray
    masks: np.ndarray
    lows: np.ndarray
    split: int


@cache
def _places(opcode: Opcode, config: VTAConfig) -> _Places:
    fields = layouts(config)[opcode][1:]
    return _Places(
        fields,
        np.array([field.least for field in fields]),
        np.array([field.most for field in fields]),
        np.array([field.mask for field in fields]),
        np.array([field.low % WORD_BITS for field in fields], np.uint64),
        sum(field.low < WORD_BITS for field in fields),
    )
