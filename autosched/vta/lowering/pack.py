"""Drafts to bytes, a whole stream at a time.

The same bytes as `autosched.vta.isa.encode` gives for the same instructions; a tuner makes
many streams, and this takes a fifth of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.errors import LoweringError
from autosched.vta.config import VTAConfig
from autosched.vta.isa import Opcode
from autosched.vta.isa.fields import WORD_BITS, Field, layouts

Row = tuple[int, ...]
"""The values of an instruction's fields after the opcode, in the order of its layout."""


def pack(rows: Sequence[tuple[Opcode, Row]], config: VTAConfig) -> bytes:
    """The stream of `rows`. Raises LoweringError where a value does not fit its field."""
    words = np.zeros((len(rows), 2), np.uint64)
    for opcode, fields in layouts(config).items():
        positions = [number for number, (kind, _) in enumerate(rows) if kind is opcode]
        if positions:
            table = np.array([rows[number][1] for number in positions], np.int64)
            words[positions] = _words(opcode, table, fields)
    return words.astype("<u8").tobytes()


def _words(opcode: Opcode, table: np.ndarray, fields: tuple[Field, ...]) -> np.ndarray:
    """The words of instructions of one kind; `table` has a row for each, without the opcode."""
    _check(opcode, table, fields[1:])
    words = np.zeros((len(table), 2), np.uint64)
    words[:, 0] = int(opcode)
    for values, field in zip(table.T, fields[1:], strict=True):
        word, low = divmod(field.low, WORD_BITS)
        bits = (values & ((1 << field.width) - 1)).astype(np.uint64)
        words[:, word] |= bits << np.uint64(low)
    return words


def _check(opcode: Opcode, table: np.ndarray, fields: tuple[Field, ...]) -> None:
    least = np.array([field.least for field in fields])
    most = np.array([field.most for field in fields])
    outside = (table < least) | (table > most)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        field = fields[column]
        raise LoweringError(
            f"expected {field.name} of {opcode.name} from {field.least} to {field.most}, got "
            f"{table[row, column]}",
            hint="compute smaller tiles",
        )
