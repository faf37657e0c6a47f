"""Checks a whole program and puts it in order by native code, without an object an instruction.

Tuning runs thousands of programs of some hundred instructions; decoding one in Python would take
longer than its computation. A program that breaks a rule is left to the steps of `Simulator` in
Python, which say what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.instructions import QUEUES, AluOp, Module, Opcode
from autosched.vta.isa.native import (
    Geometry,
    fits_memory,
    geometry,
    has_memory,
    module_at,
    queues_at,
    unpack,
)
from autosched.vta.isa.table import INSTRUCTION_BYTES, ROW_WIDTH, Column
from autosched.vta.simulator.state import Counters

_MODULES, _QUEUES = len(Module), len(QUEUES)


class Count(IntEnum):
    """The indices into the array of a program's counts."""

    BYTES = 0
    """Moved from or to DRAM, a place for each memory."""
    GEMM = 5
    """Micro-ops."""
    RESET = 6
    ALU = 7


@dataclass(slots=True)
class CheckedProgram:
    """A row of `Column` for each instruction, an order that tokens allow, the counts of a run."""

    rows: Int64s
    order: Int64s
    counters: Counters


def checked_program(
    stream: bytes, config: VTAConfig, dram_bytes: int, uop_limit: int
) -> CheckedProgram | None:
    """Return the program in `stream`; None if it breaks a rule that can be checked before a run."""
    if len(stream) % INSTRUCTION_BYTES:
        return None
    rows = unpack(stream, config)
    count = len(rows)
    queues, order = np.empty((2, count), np.int64)
    counts = np.zeros(Count.ALU + 1, np.int64)
    flat = rows.reshape(-1)
    if not check(flat, count, geometry(config), dram_bytes, uop_limit, queues, counts):
        return None
    heads, tokens = np.zeros(_MODULES, np.int64), np.zeros(_QUEUES, np.int64)
    if put_in_order(flat, count, queues, heads, tokens, order) < count:
        return None
    memories = [Memory.INP, Memory.WGT, Memory.ACC, Memory.UOP, Memory.OUT]
    counters = counts[[*memories, Count.GEMM, Count.ALU]].tolist()
    return CheckedProgram(rows, order, Counters(*counters))


@native
def check(
    rows: Int64s, count: int, geometry: Int64s,
    dram_bytes: int, uop_limit: int,
    queues: Int64s, counts: Int64s,
) -> int:  # fmt: skip
    """Whether all instructions keep the rules; fill in their token queues and the counts."""
    if count == 0 or rows[(count - 1) * ROW_WIDTH] != Opcode.FINISH:
        return 0
    for index in range(count):
        row = index * ROW_WIDTH
        opcode = rows[row]
        if opcode == Opcode.LOAD or opcode == Opcode.STORE:
            if not check_transfer(rows, row, geometry, dram_bytes, counts):
                return 0
        elif opcode == Opcode.GEMM or opcode == Opcode.ALU:
            if not check_uops(rows, row, geometry, counts):
                return 0
            if counts[Count.GEMM] + counts[Count.RESET] + counts[Count.ALU] > uop_limit:
                return 0
        elif opcode != Opcode.FINISH or index + 1 < count:
            return 0
        queues[index] = queues_at(rows, row, module_at(rows, row))
        if queues[index] < 0:
            return 0
    return 1


@native
def check_transfer(
    rows: Int64s, row: int, geometry: Int64s, dram_bytes: int, counts: Int64s
) -> int:
    """Whether a LOAD or a STORE names a memory it can, and stays in it and in the DRAM image."""
    if not has_memory(rows, row):
        return 0
    memory, columns = rows[row + Column.MEMORY], rows[row + Column.X_SIZE]
    if columns == 0:
        return 1
    if not fits_memory(rows, row, geometry):
        return 0
    height, size = rows[row + Column.Y_SIZE], geometry[Geometry.ELEMENT_BYTES + memory]
    last = rows[row + Column.DRAM_BASE] + (height - 1) * rows[row + Column.X_STRIDE]
    if height and (last + columns) * size > dram_bytes:
        return 0
    counts[Count.BYTES + memory] += height * columns * size
    return 1


@native
def check_uops(rows: Int64s, row: int, geometry: Int64s, counts: Int64s) -> int:
    """Whether a GEMM or ALU instruction has micro-ops that exist, and an operation that does."""
    begin, end = rows[row + Column.UOP_BGN], rows[row + Column.UOP_END]
    if end > geometry[Geometry.DEPTH + Memory.UOP]:
        return 0
    kind = Count.GEMM
    if rows[row] == Opcode.ALU:
        kind = Count.ALU
        if rows[row + Column.OP] > AluOp.MUL:
            return 0
    elif rows[row + Column.RESET]:
        kind = Count.RESET
    counts[kind] += max(end - begin, 0) * rows[row + Column.ITER_OUT] * rows[row + Column.ITER_IN]
    return 1


@native
def put_in_order(
    rows: Int64s, count: int, queues: Int64s, heads: Int64s, tokens: Int64s, order: Int64s
) -> int:
    """Run each module until it must wait, as `legal_order` does; return how many instructions ran.

    `heads` has the first instruction that each module has not run yet, `tokens` the number of
    tokens in each queue.
    """
    done = 0
    moved = 1
    while moved:
        moved = 0
        for module in range(_MODULES):
            while heads[module] < count:
                index = heads[module]
                if module_at(rows, index * ROW_WIDTH) == module:
                    if not pass_tokens(queues[index], tokens):
                        break
                    order[done] = index
                    done += 1
                    moved = 1
                heads[module] += 1
    return done


@native
def pass_tokens(queues: int, tokens: Int64s) -> int:
    """Pop and push the tokens of an instruction; 0 where one that it pops is missing."""
    for queue in range(_QUEUES):
        if queues >> queue & 1 and tokens[queue] == 0:
            return 0
    for queue in range(_QUEUES):
        tokens[queue] += (queues >> (_QUEUES + queue) & 1) - (queues >> queue & 1)
    return 1
