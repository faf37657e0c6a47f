"""GEMM and ALU as machine code, compiled once for each shape of an element."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from autosched.codegen.llvm.compile import CompiledModule, compile_text
from autosched.target.target import Target
from autosched.vta.isa import Alu, AluOp
from autosched.vta.simulator.native_text import ARGUMENTS, alu_name, module_text
from autosched.vta.simulator.nest import Nest
from autosched.vta.simulator.state import State, aligned_zeros

_SIGNATURE = ctypes.CFUNCTYPE(
    None, *({"i32": ctypes.c_int32}.get(kind, ctypes.c_int64) for kind, _ in ARGUMENTS)
)

_UOP_BYTES = 3 * np.dtype(np.int32).itemsize


class NativeCore:
    """A `Core` of compiled code; blocks have at least two channels."""

    def __init__(self, state: State):
        config = state.config
        self._code = _code(config.batch, config.block_in)
        self._state = state
        # Pairs of input channels are the unit that is moved: two bytes.
        pairs = config.block_in // 2
        self._stored = state.wgt.view(np.int16).reshape(-1, config.block_out, pairs)
        self._paired = aligned_zeros((len(self._stored), pairs, config.block_out), np.int16)
        memories = (state.acc, state.inp, self._paired)
        self._functions = self._code.functions
        self._uops = state.uops.ctypes.data
        self._memories = tuple(memory.ctypes.data for memory in memories)

    def weights_loaded(self, first: int, count: int) -> None:
        """Bring them into the order that a multiply-add of lanes wants."""
        last = first + count
        self._paired[first:last] = self._stored[first:last].transpose(0, 2, 1)

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
        self.run(name, nest.first, len(nest.table), nest.iter_out, nest.iter_in, factors, imm)

    def run(
        self,
        name: str,
        first: int,
        count: int,
        iter_out: int,
        iter_in: int,
        factors: Sequence[int],
        imm: int,
    ) -> None:
        """Run the function `name` over `count` micro-ops from `first` on.

        `factors` are those of dst, src and wgt, the outer one of each first.
        """
        uops = self._uops + first * _UOP_BYTES
        loops = count, iter_out, iter_in
        self._functions[name](*self._memories, uops, *loops, *factors, imm)


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
    return _Code(compile_text(module_text(batch, block), Target.host()))
