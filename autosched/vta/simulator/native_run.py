"""Runs instructions by compiled code: one call for a whole program, or for each instruction."""

from __future__ import annotations

from functools import cache

import numpy as np

from autosched.codegen.native import Bytes, Int16s, Int32s, Int64s, external, native
from autosched.codegen.native.function import Compiled
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import Opcode
from autosched.vta.isa.native import Geometry, geometry, padded_height, padded_width
from autosched.vta.isa.table import ROW_WIDTH, Column
from autosched.vta.isa.uops import UOP_BYTES
from autosched.vta.simulator.native_text import alu_number, module_text
from autosched.vta.simulator.nest import UopNest
from autosched.vta.simulator.order import Step
from autosched.vta.simulator.state import Array, State, aligned_zeros


class NativeCore:
    """Runs the instructions of a table on a DRAM image; blocks have at least two channels.

    It uses the sums and micro-ops of `state`, and keeps its own inputs and weights of 16 bits.
    """

    def __init__(self, rows: Int64s, state: State, dram: Array):
        config = state.config
        self._run = _code(config.batch, config.block_in)
        self._rows = rows.reshape(-1)
        self._memories = (
            geometry(config),
            dram,
            state.acc.reshape(-1),
            aligned_zeros((state.inp.size,), np.int16),
            aligned_zeros((state.wgt.size,), np.int16),
            state.uops.reshape(-1),
        )

    def run(self, order: Int64s) -> int:
        """Run the instructions `order`.

        Returns -1, or the number of the first whose micro-ops reach out of a memory, which is
        not run.
        """
        return self._run(self._rows, order, len(order), *self._memories)

    def step(self, step: Step, nest: UopNest | None) -> None:
        """Run one instruction, which must have been checked."""
        self.run(np.array([step.index]))


@cache
def _code(batch: int, block: int) -> Compiled:
    return run.linked(module_text(batch, block))


@external
def gemm(
    acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s, begin: int, count: int,
    iter_out: int, iter_in: int, dst_out: int, dst_in: int, src_out: int, src_in: int,
    weight_out: int, weight_in: int, imm: int,
) -> None:  # fmt: skip
    """`acc[dst] += inp[src] @ wgt[weight].T` for `count` micro-ops from `begin` on."""


@external
def reset(
    acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s, begin: int, count: int,
    iter_out: int, iter_in: int, dst_out: int, dst_in: int, src_out: int, src_in: int,
    weight_out: int, weight_in: int, imm: int,
) -> None:  # fmt: skip
    """`acc[dst] = 0`."""


@external
def alu(
    form: int, acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s, begin: int, count: int,
    iter_out: int, iter_in: int, dst_out: int, dst_in: int, src_out: int, src_in: int,
    weight_out: int, weight_in: int, imm: int,
) -> None:  # fmt: skip
    """`acc[dst] = op(acc[dst], imm or acc[src])`; `form` is an `alu_number`."""


@external
def widen(dram: Bytes, at: int, inp: Int16s, element: int, count: int) -> None:
    """Load inputs, as 16 bits."""


@external
def pair(dram: Bytes, at: int, wgt: Int16s, element: int, count: int) -> None:
    """Load weights, as 16 bits in pairs of input channels."""


@external
def load_sums(dram: Bytes, at: int, acc: Int32s, element: int, count: int) -> None:
    """Load sums."""


@external
def narrow(dram: Bytes, at: int, acc: Int32s, element: int, count: int) -> None:
    """Store the low bytes of sums."""


@external
def clear_inputs(inp: Int16s, element: int, count: int) -> None:
    """Fill `count` elements from number `element` on with zeros."""


@external
def clear_weights(wgt: Int16s, element: int, count: int) -> None:
    """Fill `count` elements from number `element` on with zeros."""


@external
def clear_sums(acc: Int32s, element: int, count: int) -> None:
    """Fill `count` elements from number `element` on with zeros."""


@native
def run(
    table: Int64s, order: Int64s, count: int, geometry: Int64s,
    dram: Bytes, acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s,
) -> int:  # fmt: skip
    """Run the instructions `order`; return the number of the first refused one, or -1."""
    for position in range(count):
        index = order[position]
        row = index * ROW_WIDTH
        opcode = table[row]
        if opcode == Opcode.LOAD:
            load(table, row, geometry, dram, acc, inp, wgt, uops)
        elif opcode == Opcode.STORE:
            store(table, row, geometry, dram, acc)
        elif opcode != Opcode.FINISH and not nest(table, row, geometry, acc, inp, wgt, uops):
            return index
    return -1


@native
def load(
    table: Int64s, row: int, geometry: Int64s, dram: Bytes,
    acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s,
) -> None:  # fmt: skip
    """Copy rows from DRAM, with zeros around them; without columns do nothing."""
    memory = table[row + Column.MEMORY]
    ys, xs = table[row + Column.Y_SIZE], table[row + Column.X_SIZE]
    if xs == 0:
        return
    size = geometry[Geometry.ELEMENT_BYTES + memory]
    top, left = table[row + Column.Y_PAD_0], table[row + Column.X_PAD_0]
    height, width = padded_height(table, row), padded_width(table, row)
    first = table[row + Column.SRAM_BASE]
    if height > ys or width > xs:
        clear(memory, first, height * width, acc, inp, wgt, uops)
    for y in range(ys):
        at = (table[row + Column.DRAM_BASE] + y * table[row + Column.X_STRIDE]) * size
        to = first + (top + y) * width + left
        if memory == Memory.INP:
            widen(dram, at, inp, to, xs)
        elif memory == Memory.WGT:
            pair(dram, at, wgt, to, xs)
        elif memory == Memory.ACC:
            load_sums(dram, at, acc, to, xs)
        else:
            for x in range(xs):
                load_uop(geometry, dram, at + x * UOP_BYTES, uops, 3 * (to + x))


@native
def clear(
    memory: int, element: int, count: int, acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s
) -> None:
    """Fill elements with zeros."""
    if memory == Memory.INP:
        clear_inputs(inp, element, count)
    elif memory == Memory.WGT:
        clear_weights(wgt, element, count)
    elif memory == Memory.ACC:
        clear_sums(acc, element, count)
    else:
        for i in range(3 * element, 3 * (element + count)):
            uops[i] = 0


@native
def load_uop(geometry: Int64s, dram: Bytes, at: int, uops: Int32s, to: int) -> None:
    """Split a micro-op into its three indices."""
    word = dram[at] | dram[at + 1] << 8 | dram[at + 2] << 16 | dram[at + 3] << 24
    dst, src, weight = (
        geometry[Geometry.DST_BITS],
        geometry[Geometry.SRC_BITS],
        geometry[Geometry.WGT_BITS],
    )
    uops[to] = word & ((1 << dst) - 1)
    uops[to + 1] = word >> dst & ((1 << src) - 1)
    uops[to + 2] = word >> (dst + src) & ((1 << weight) - 1)


@native
def store(table: Int64s, row: int, geometry: Int64s, dram: Bytes, acc: Int32s) -> None:
    """Copy the low bytes of rows to DRAM, in order."""
    size = geometry[Geometry.ELEMENT_BYTES + Memory.OUT]
    width = table[row + Column.X_SIZE]
    for y in range(table[row + Column.Y_SIZE]):
        at = (table[row + Column.DRAM_BASE] + y * table[row + Column.X_STRIDE]) * size
        narrow(dram, at, acc, table[row + Column.SRAM_BASE] + y * width, width)


@native
def nest(
    table: Int64s, row: int, geometry: Int64s, acc: Int32s, inp: Int16s, wgt: Int16s, uops: Int32s
) -> int:
    """Run a GEMM or an ALU instruction; 0 where it reaches out of a memory."""
    begin = table[row + Column.UOP_BGN]
    uop_count = table[row + Column.UOP_END] - begin
    outer, inner = table[row + Column.ITER_OUT], table[row + Column.ITER_IN]
    if uop_count <= 0 or outer == 0 or inner == 0:
        return 1
    is_gemm = table[row] == Opcode.GEMM
    # A reset, and the ALU with an immediate, have one operand; the ALU's other is a sum.
    operands = 3 if is_gemm else 2
    if table[row + (Column.RESET if is_gemm else Column.USE_IMM)]:
        operands = 1
    for operand in range(operands):
        highest = 0
        for number in range(begin, begin + uop_count):
            highest = max(highest, uops[3 * number + operand])
        highest += (outer - 1) * table[row + Column.DST_FACTOR_OUT + 2 * operand]
        highest += (inner - 1) * table[row + Column.DST_FACTOR_IN + 2 * operand]
        memory = Memory.ACC
        if is_gemm and operand:
            memory = Memory.INP if operand == 1 else Memory.WGT
        if highest >= geometry[Geometry.DEPTH + memory]:
            return 0
    a, b = table[row + Column.DST_FACTOR_OUT], table[row + Column.DST_FACTOR_IN]
    c, d = table[row + Column.SRC_FACTOR_OUT], table[row + Column.SRC_FACTOR_IN]
    if is_gemm:
        e, f = table[row + Column.WGT_FACTOR_OUT], table[row + Column.WGT_FACTOR_IN]
        if operands == 1:
            reset(acc, inp, wgt, uops, begin, uop_count, outer, inner, a, b, c, d, e, f, 0)
        else:
            gemm(acc, inp, wgt, uops, begin, uop_count, outer, inner, a, b, c, d, e, f, 0)
    else:
        form = alu_number(table[row + Column.OP], table[row + Column.USE_IMM])
        imm = table[row + Column.IMM]
        alu(form, acc, inp, wgt, uops, begin, uop_count, outer, inner, a, b, c, d, 0, 0, imm)
    return 1
