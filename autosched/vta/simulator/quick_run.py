"""Running a program that `quick.py` has read: no object for each instruction."""

from __future__ import annotations

import numpy as np

from autosched.vta.config import Memory
from autosched.vta.isa import INSTRUCTION_BYTES, Alu, AluOp, Gemm, Opcode, decode, decode_uops
from autosched.vta.isa.bytes import name_of
from autosched.vta.simulator.counters import Counters
from autosched.vta.simulator.native_core import NativeCore
from autosched.vta.simulator.native_text import alu_name
from autosched.vta.simulator.nest import nest_of
from autosched.vta.simulator.quick import QuickProgram
from autosched.vta.simulator.state import Array, State

_ALU = {(int(op), int(imm)): alu_name(op, bool(imm)) for op in AluOp for imm in (False, True)}
_OPERANDS = ((0, Memory.ACC), (1, Memory.INP), (2, Memory.WGT), (1, Memory.ACC))
"""Columns of the micro-ops and what they index: dst, src, wgt, and the ALU's src."""


def run_quickly(program: QuickProgram, data: bytes, state: State, dram: Array) -> Counters:
    """Run it on `dram`. Raises `AcceleratorError` where a micro-op reaches out of a memory."""
    run = _Run(state, dram, data)
    actions = {
        Opcode.LOAD: run.load,
        Opcode.STORE: run.store,
        Opcode.GEMM: run.gemm,
        Opcode.ALU: run.alu,
    }
    for index in program.order:
        opcode = program.opcodes[index]
        if opcode != Opcode.FINISH:
            actions[Opcode(opcode)](program.rows[index], index)
    return program.counters


class _Run:
    def __init__(self, state: State, dram: Array, data: bytes):
        config = state.config
        self._state = state
        self._core = NativeCore(state)
        self._dram = dram
        self._data = data
        self._size = [config.element_bytes(memory) for memory in Memory]
        self._depth = [config.depth(memory) for memory in Memory]
        self._highest: dict[tuple[int, int], list[int]] = {}
        """Of micro-ops from one place to another, the largest index in each column."""

    def load(self, row: list[int], index: int) -> None:
        memory, first, base, ys, xs, stride, top, bottom, left, right = row
        if not xs:
            return
        size = self._size[memory]
        height, width = top + ys + bottom, left + xs + right
        elements = self._state.raw[Memory(memory)][first : first + height * width]
        rows = elements.reshape(height, width * size)
        if height != ys or width != xs:
            rows[...] = 0
        if ys:
            rows[top : top + ys, left * size : (left + xs) * size] = self._rows(
                base, ys, xs, stride, size
            )
        if memory == Memory.WGT:
            self._core.weights_loaded(first, height * width)
        elif memory == Memory.UOP:
            table = decode_uops(elements.tobytes(), self._state.config)
            self._state.uops[first : first + height * width] = table
            self._highest.clear()

    def store(self, row: list[int], index: int) -> None:
        _, first, base, ys, xs, stride, *_ = row
        if xs and ys:
            size = self._size[Memory.OUT]
            low_bytes = self._state.raw[Memory.ACC][first : first + ys * xs, ::4]
            self._rows(base, ys, xs, stride, size)[...] = low_bytes.reshape(ys, xs * size)

    def gemm(self, row: list[int], index: int) -> None:
        reset = row[10]
        self._nest(row, index, "reset" if reset else "gemm", (0,) if reset else (0, 1, 2), 0)

    def alu(self, row: list[int], index: int) -> None:
        op, use_imm, imm = row[8:]
        name = _ALU[op, use_imm]
        self._nest([*row[:8], 0, 0], index, name, (0,) if use_imm else (0, 3), imm)

    def _nest(
        self, row: list[int], index: int, name: str, operands: tuple[int, ...], imm: int
    ) -> None:
        begin, end, outer, inner = row[:4]
        if end <= begin or not outer or not inner:
            return
        factors = row[4:10]
        highest = self._highest.get((begin, end))
        if highest is None:
            highest = self._state.uops[begin:end].max(axis=0).tolist()
            self._highest[begin, end] = highest
        for operand in operands:
            column, memory = _OPERANDS[operand]
            reach = (
                highest[column]
                + (outer - 1) * factors[2 * column]
                + (inner - 1) * factors[2 * column + 1]
            )
            if reach >= self._depth[memory]:
                self._refuse(index)
        self._core.run(name, begin, end - begin, outer, inner, factors, imm)

    def _refuse(self, index: int) -> None:
        """Have the simulator proper say what is wrong with an instruction."""
        at = index * INSTRUCTION_BYTES
        (instruction,) = decode(self._data[at : at + INSTRUCTION_BYTES], self._state.config)
        assert isinstance(instruction, Gemm | Alu)
        nest_of(self._state, instruction, name_of(index, instruction.opcode))
        raise AssertionError("expected the nest to be refused")

    def _rows(self, base: int, ys: int, xs: int, stride: int, size: int) -> Array:
        """The rows as a view of the image."""
        return np.ndarray(
            (ys, xs * size),
            np.uint8,
            buffer=self._dram,
            offset=base * size,
            strides=(stride * size, 1),
        )
