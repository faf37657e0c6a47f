"""Micro-ops to bytes and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import UOP_BITS, Memory, VTAConfig

UOP_BYTES = UOP_BITS // 8


class MicroOp(NamedTuple):
    """Indices of a sum, of an input (a sum for the ALU) and of a weight."""

    dst: int
    src: int
    wgt: int


def uop_widths(config: VTAConfig) -> tuple[int, int, int]:
    """Return the bits of `dst`, `src` and `wgt`, from the lowest up."""
    return (
        config.log_depth(Memory.ACC),
        config.log_depth(Memory.INP),
        config.log_depth(Memory.WGT),
    )


def encode_uops(uops: Sequence[MicroOp] | np.ndarray[Any, Any], config: VTAConfig) -> bytes:
    """Return the bytes of micro-ops, or of an integer array of shape (n, 3).

    Raises `AcceleratorError` naming the first micro-op with an index that does not fit.
    """
    table = np.asarray(uops, dtype=np.int64).reshape(-1, 3)
    widths = uop_widths(config)
    limits = np.array([1 << width for width in widths])
    if ((table < 0) | (table >= limits)).any():
        row, column = np.argwhere((table < 0) | (table >= limits))[0]
        raise AcceleratorError(
            f"micro-op {row}: expected {MicroOp._fields[column]} from 0 to {limits[column] - 1}, "
            f"got {table[row, column]}"
        )
    dst, src, wgt = table.T
    words = dst | src << widths[0] | wgt << (widths[0] + widths[1])
    return words.astype("<u4").tobytes()


def decode_uops(data: bytes, config: VTAConfig) -> np.ndarray[Any, Any]:
    """Return the micro-ops of `data` as an int64 array of shape (n, 3): dst, src, wgt.

    Bits that belong to no field are ignored. Raises `AcceleratorError` when the bytes end inside
    a micro-op.
    """
    if len(data) % UOP_BYTES:
        raise AcceleratorError(
            f"micro-op {len(data) // UOP_BYTES}: expected {UOP_BYTES} bytes, "
            f"got {len(data) % UOP_BYTES} before the end"
        )
    words = np.frombuffer(data, dtype="<u4").astype(np.int64)
    dst, src, wgt = uop_widths(config)
    return np.stack(
        [
            words & ((1 << dst) - 1),
            words >> dst & ((1 << src) - 1),
            words >> (dst + src) & ((1 << wgt) - 1),
        ],
        axis=1,
    )
