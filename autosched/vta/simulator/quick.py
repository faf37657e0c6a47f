"""A program that is in order, read in columns: no object for each instruction.

Tuning runs thousands of programs of some hundred instructions, for which taking each apart
costs more than what it computes. Whatever is unusual is left to the simulator proper, which
says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np

from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import INSTRUCTION_BYTES, AluOp, Opcode
from autosched.vta.isa.fields import WORD_BITS, layouts
from autosched.vta.simulator.counters import Counters
from autosched.vta.simulator.queues import ordered
from autosched.vta.simulator.state import Array


class Column(IntEnum):
    """What stands where in the row of an instruction, under the names of its fields.

    Transfers and nests have different fields in the same places, GEMM and ALU in the last ones.
    """

    OPCODE = 0
    MEMORY = 1
    SRAM_BASE = 2
    DRAM_BASE = 3
    Y_SIZE = 4
    X_SIZE = 5
    X_STRIDE = 6
    Y_PAD_0 = 7
    Y_PAD_1 = 8
    X_PAD_0 = 9
    X_PAD_1 = 10

    UOP_BGN = 1
    UOP_END = 2
    ITER_OUT = 3
    ITER_IN = 4
    DST_FACTOR_OUT = 5
    DST_FACTOR_IN = 6
    SRC_FACTOR_OUT = 7
    SRC_FACTOR_IN = 8

    WGT_FACTOR_OUT = 9
    WGT_FACTOR_IN = 10
    RESET = 11

    OP = 9
    USE_IMM = 10
    IMM = 11


WIDTH = 12

_TRANSFER = ("memory", "sram_base", "dram_base", "y_size", "x_size", "x_stride",
             "y_pad_0", "y_pad_1", "x_pad_0", "x_pad_1")  # fmt: skip
_NEST = ("uop_bgn", "uop_end", "iter_out", "iter_in", "dst_factor_out", "dst_factor_in",
         "src_factor_out", "src_factor_in")  # fmt: skip
_NAMES = {
    Opcode.LOAD: _TRANSFER,
    Opcode.STORE: _TRANSFER,
    Opcode.GEMM: (*_NEST, "wgt_factor_out", "wgt_factor_in", "reset"),
    Opcode.ALU: (*_NEST, "op", "use_imm", "imm"),
}
_LOADED = (Memory.UOP, Memory.WGT, Memory.INP, Memory.ACC)
_LOAD, _COMPUTE, _STORE = range(3)


@dataclass(slots=True)
class QuickProgram:
    """A row of `Column` for each instruction, an order that tokens allow, what a run counts."""

    table: Array
    order: Array
    counters: Counters


def quick_program(
    data: bytes, config: VTAConfig, dram_bytes: int, uop_limit: int
) -> QuickProgram | None:
    """The program in `data`, or None where the simulator proper has to look at it."""
    if not data or len(data) % INSTRUCTION_BYTES:
        return None
    words = np.frombuffer(data, "<u8").reshape(-1, 2)
    opcodes = (words[:, 0] & np.uint64(7)).astype(np.int64)
    finish = opcodes == Opcode.FINISH
    if (opcodes > Opcode.ALU).any() or finish.sum() != 1 or not finish[-1]:
        return None
    table = np.zeros((len(words), WIDTH), np.int64)
    table[:, Column.OPCODE] = opcodes
    units = np.full(len(words), _COMPUTE)
    units[opcodes == Opcode.STORE] = _STORE
    counters = Counters()
    uops = 0
    for opcode in _NAMES:
        (places,) = (opcodes == opcode).nonzero()
        fields = _fields(words[places], opcode, config)
        table[places, 1 : 1 + fields.shape[1]] = fields
        rows = table[places]
        if opcode in (Opcode.LOAD, Opcode.STORE):
            if not _in_bounds(rows, opcode, config, dram_bytes):
                return None
            _count_bytes(counters, rows, config)
            if opcode is Opcode.LOAD:
                memory = rows[:, Column.MEMORY]
                units[places[(memory == Memory.INP) | (memory == Memory.WGT)]] = _LOAD
        else:
            if not _countable(rows, opcode, config):
                return None
            uops += _count_uops(counters, rows, opcode, uop_limit)
    if uops > uop_limit:
        return None
    flags = ((words[:, 0] >> np.uint64(3)) & np.uint64(15)).astype(np.int64)
    order = ordered(units, flags)
    return None if order is None else QuickProgram(table, order, counters)


@cache
def _places(opcode: Opcode, config: VTAConfig) -> tuple[Array, Array, Array]:
    """The word, the lowest bit and the mask of each field that running needs."""
    found = {field.name: field for field in layouts(config)[opcode]}
    fields = [found[name] for name in _NAMES[opcode]]
    return (
        np.array([field.low // WORD_BITS for field in fields]),
        np.array([field.low % WORD_BITS for field in fields], np.uint64),
        np.array([field.mask for field in fields], np.uint64),
    )


def _fields(words: Array, opcode: Opcode, config: VTAConfig) -> Array:
    which, lows, masks = _places(opcode, config)
    fields = (words[:, which] >> lows & masks).astype(np.int64)
    if opcode is Opcode.ALU:
        fields[:, -1] = (fields[:, -1] ^ 0x8000) - 0x8000  # imm: 16 bits, signed
    return fields


def _in_bounds(rows: Array, opcode: Opcode, config: VTAConfig, dram_bytes: int) -> bool:
    """Every transfer of one kind stays in its memory and in the image."""
    memory, first, base, ys, xs, stride, top, bottom, left, right = rows[:, 1:11].T
    known = _LOADED if opcode is Opcode.LOAD else (Memory.OUT,)
    if not np.isin(memory, known).all():
        return False
    depths, sizes = _memories(config)
    depth, size = depths[memory], sizes[memory]
    pads = opcode is Opcode.LOAD
    height, width = ys + pads * (top + bottom), xs + pads * (left + right)
    end = (base + (ys - 1) * stride + xs) * size
    good = (first + height * width <= depth) & ((ys == 0) | (end <= dram_bytes))
    return bool((good | (xs == 0)).all())


@cache
def _memories(config: VTAConfig) -> tuple[Array, Array]:
    """The elements that each memory holds, and the bytes of one."""
    return (
        np.array([config.depth(memory) for memory in Memory]),
        np.array([config.element_bytes(memory) for memory in Memory]),
    )


def _countable(rows: Array, opcode: Opcode, config: VTAConfig) -> bool:
    if opcode is Opcode.ALU and (rows[:, Column.OP] > AluOp.MUL).any():
        return False
    return bool((rows[:, Column.UOP_END] <= config.depth(Memory.UOP)).all())


def _count_bytes(counters: Counters, rows: Array, config: VTAConfig) -> None:
    moved = rows[:, Column.Y_SIZE] * rows[:, Column.X_SIZE]
    for memory in (*_LOADED, Memory.OUT):
        count = int(moved[rows[:, Column.MEMORY] == memory].sum())
        if count:
            kind = "store" if memory is Memory.OUT else "load"
            name = f"{memory.name.lower()}_{kind}_nbytes"
            setattr(counters, name, count * config.element_bytes(memory))


def _count_uops(counters: Counters, rows: Array, opcode: Opcode, limit: int) -> int:
    """The micro-ops of all nests, resets too, or some number above `limit`."""
    uops = np.maximum(rows[:, Column.UOP_END] - rows[:, Column.UOP_BGN], 0)
    runs = uops * rows[:, Column.ITER_OUT] * rows[:, Column.ITER_IN]
    total = int(np.minimum(runs, limit + 1).sum())  # which is nowhere near 64 bits
    if opcode is Opcode.GEMM:
        counters.gemm_counter = int(runs[rows[:, Column.RESET] == 0].sum())
    else:
        counters.alu_counter = total
    return total
