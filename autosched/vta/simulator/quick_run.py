"""Running a program that `quick.py` has read: one call of compiled code."""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np

from autosched.codegen.native import Bytes, Int16s, Int32s, Int64s, external, native
from autosched.codegen.native.function import Compiled
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import INSTRUCTION_BYTES, Alu, Gemm, Opcode, decode
from autosched.vta.isa.bytes import name_of
from autosched.vta.isa.uops import UOP_BYTES, uop_widths
from autosched.vta.simulator.counters import Counters
from autosched.vta.simulator.native_text import alu_number, module_text
from autosched.vta.simulator.nest import nest_of
from autosched.vta.simulator.quick import WIDTH, Column, QuickProgram
from autosched.vta.simulator.state import Array, State, aligned_zeros


class Geometry(IntEnum):
    """What stands where in the constants of a configuration."""

    ELEMENT_BYTES = 0
    """Of each memory."""
    DEPTH = 5
    """Elements of each memory."""
    DST_BITS = 10
    SRC_BITS = 11
    WGT_BITS = 12


def run_quickly(program: QuickProgram, data: bytes, state: State, dram: Array) -> Counters:
    """Run it on `dram`. Raises `AcceleratorError` where a micro-op reaches out of a memory.

    Of `state` only the sums and the micro-ops are used; inputs and weights are kept widened.
    """
    config = state.config
    refused = _code(config.batch, config.block_in)(
        program.table.reshape(-1),
        program.order,
        len(program.order),
        _geometry(config),
        dram,
        state.acc.reshape(-1),
        aligned_zeros((state.inp.size,), np.int16),
        aligned_zeros((state.wgt.size,), np.int16),
        state.uops.reshape(-1),
    )
    if refused >= 0:
        # The simulator proper says what is wrong with it.
        at = refused * INSTRUCTION_BYTES
        (instruction,) = decode(data[at : at + INSTRUCTION_BYTES], config)
        assert isinstance(instruction, Gemm | Alu)
        nest_of(state, instruction, name_of(refused, instruction.opcode))
        raise AssertionError("expected the nest to be refused")
    return program.counters


@cache
def _code(batch: int, block: int) -> Compiled:
    return run.linked(module_text(batch, block))


@cache
def _geometry(config: VTAConfig) -> Int64s:
    sizes = [config.element_bytes(memory) for memory in Memory]
    depths = [config.depth(memory) for memory in Memory]
    return np.array([*sizes, *depths, *uop_widths(config)])


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
    """Take inputs from DRAM."""


@external
def pair(dram: Bytes, at: int, wgt: Int16s, element: int, count: int) -> None:
    """Take weights from DRAM, in pairs of input channels."""


@external
def load_sums(dram: Bytes, at: int, acc: Int32s, element: int, count: int) -> None:
    """Take sums from DRAM."""


@external
def narrow(dram: Bytes, at: int, acc: Int32s, element: int, count: int) -> None:
    """Give DRAM the low bytes of sums."""


@external
def clear_inputs(inp: Int16s, element: int, count: int) -> None:
    """Zeros."""


@external
def clear_weights(wgt: Int16s, element: int, count: int) -> None:
    """Zeros."""


@external
def clear_sums(acc: Int32s, element: int, count: int) -> None:
    """Zeros."""


@native
def run(
    table: Int64s,
    order: Int64s,
    count: int,
    geometry: Int64s,
    dram: Bytes,
    acc: Int32s,
    inp: Int16s,
    wgt: Int16s,
    uops: Int32s,
) -> int:
    """Run `count` instructions in an order; -1, or the number of the first that is refused."""
    for position in range(count):
        index = order[position]
        row = index * WIDTH
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
    table: Int64s,
    row: int,
    geometry: Int64s,
    dram: Bytes,
    acc: Int32s,
    inp: Int16s,
    wgt: Int16s,
    uops: Int32s,
) -> None:
    """Copy rows from DRAM, with zeros around them; one without columns does nothing."""
    memory = table[row + Column.MEMORY]
    ys, xs = table[row + Column.Y_SIZE], table[row + Column.X_SIZE]
    if xs == 0:
        return
    size = geometry[Geometry.ELEMENT_BYTES + memory]
    top, left = table[row + Column.Y_PAD_0], table[row + Column.X_PAD_0]
    height = top + ys + table[row + Column.Y_PAD_1]
    width = left + xs + table[row + Column.X_PAD_1]
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
    """Zeros in place of elements."""
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
    """Take a micro-op apart."""
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
    """Copy the low bytes of rows to DRAM, the later ones last."""
    size = geometry[Geometry.ELEMENT_BYTES + Memory.OUT]
    width = table[row + Column.X_SIZE]
    for y in range(table[row + Column.Y_SIZE]):
        at = (table[row + Column.DRAM_BASE] + y * table[row + Column.X_STRIDE]) * size
        narrow(dram, at, acc, table[row + Column.SRAM_BASE] + y * width, width)


@native
def nest(
    table: Int64s,
    row: int,
    geometry: Int64s,
    acc: Int32s,
    inp: Int16s,
    wgt: Int16s,
    uops: Int32s,
) -> int:
    """Run a GEMM or an ALU instruction; whether it stays in its memories."""
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
