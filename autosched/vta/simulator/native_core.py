"""GEMM and ALU as machine code, compiled once for each shape of an element."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np

from autosched.codegen.machine.module import CompiledModule, compile_quickly
from autosched.target.target import Target
from autosched.vta.isa import Alu, AluOp
from autosched.vta.simulator.native_text import ARGUMENTS, alu_name, module_text
from autosched.vta.simulator.nest import Nest
from autosched.vta.simulator.state import State, aligned_zeros

_SIGNATURE = ctypes.CFUNCTYPE(None, *(ctypes.c_int64 for _ in ARGUMENTS))


class NativeCore:
    """A `Core` of compiled code; blocks have at least two channels."""

    def __init__(self, state: State):
        config = state.config
        self._code = _code(config.batch, config.block_in)
        self._state = state
        pairs = config.block_in // 2
        self._stored = state.wgt.reshape(-1, config.block_out, pairs, 2)
        self._paired = aligned_zeros((len(self._stored), pairs, config.block_out, 2), np.int16)
        self._inputs = aligned_zeros(state.inp.shape, np.int16)
        memories = (state.acc, self._inputs, self._paired)
        self._functions = self._code.functions
        self._uops = state.uops.ctypes.data
        self._memories = tuple(memory.ctypes.data for memory in memories)

    def inputs_loaded(self, first: int, count: int) -> None:
        """Widen them."""
        last = first + count
        self._inputs[first:last] = self._state.inp[first:last]

    def weights_loaded(self, first: int, count: int) -> None:
        """Widen them, in the order that a multiply-add of lanes wants."""
        last = first + count
        self._paired[first:last] = self._stored[first:last].transpose(0, 2, 1, 3)

    def reset(self, nest: Nest) -> None:
        """`acc[dst] = 0`."""
        self._run("reset", nest, 0)

    def gemm(self, nest: Nest) -> None:
        """`acc[dst] += inp[src] @ wgt[wgt].T`."""
        self._run("gemm", nest, 0)

    def alu(self, nest: Nest, instruction: Alu) -> None:
        """`acc[dst] = op(acc[dst], imm or acc[src])`."""
        self._run(alu_name(instruction.op, instruction.use_imm), nest, instruction.imm)

    def _run(self, name: str, nest: Nest, imm: int) -> None:
        factors = [0] * 6
        for operand in nest.operands:
            at = 2 * operand.column
            factors[at : at + 2] = operand.factor_out, operand.factor_in
        loops = len(nest.table), nest.iter_out, nest.iter_in
        self._functions[name](*self._memories, self._uops, nest.first, *loops, *factors, imm)


class _Code:
    """The functions of a module, which lives as long as they do."""

    def __init__(self, module: CompiledModule):
        self._module = module
        names = ["gemm", "reset"]
        names += [alu_name(op, use_imm) for op in AluOp for use_imm in (True, False)]
        self.functions: dict[str, Callable[..., None]] = {
            name: _SIGNATURE(module.address(name)) for name in names
        }


@cache
def _code(batch: int, block: int) -> _Code:
    return _Code(compile_quickly(module_text(batch, block), Target.host()))
