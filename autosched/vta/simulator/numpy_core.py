"""Runs instructions by NumPy: slower than compiled code, and the reference for its tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autosched.vta.isa.instructions import Alu, AluOp, Gemm, Load, Store
from autosched.vta.simulator.nest import UopNest
from autosched.vta.simulator.order import Step
from autosched.vta.simulator.state import Array, State
from autosched.vta.simulator.transfer import load, store


class NumpyCore:
    """Runs instructions on a state and a DRAM image."""

    def __init__(self, state: State, dram: Array):
        self._state = state
        self._dram = dram

    def step(self, step: Step, nest: UopNest | None) -> None:
        """Run a checked instruction; `nest` is the loop nest of a GEMM or an ALU instruction."""
        match step.instruction:
            case Load() as instruction:
                load(self._state, instruction, self._dram)
            case Store() as instruction:
                store(self._state, instruction, self._dram)
            case Gemm(reset=True) if nest is not None:
                for (dst,) in nest.chunks():
                    self._state.acc[dst] = 0
            case Gemm() if nest is not None:
                self._gemm(nest)
            case Alu() as instruction if nest is not None:
                self._alu(nest, instruction)

    def _gemm(self, nest: UopNest) -> None:
        """`acc[dst] += inp[src] @ wgt[wgt].T`; sums that wrap may be added in any order."""
        state, config = self._state, self._state.config
        inp = state.inp.reshape(-1, config.batch, config.block_in)
        wgt = state.wgt.reshape(-1, config.block_out, config.block_in)
        for dst, src, weight in nest.chunks():
            products = np.matmul(
                inp[src].astype(np.int32), wgt[weight].astype(np.int32).transpose(0, 2, 1)
            )
            np.add.at(state.acc, dst, products.reshape(len(dst), -1))

    def _alu(self, nest: UopNest, instruction: Alu) -> None:
        """`acc[dst] = op(acc[dst], imm or acc[src])`, one by one where micro-ops depend."""
        acc = self._state.acc
        imm = np.int32(instruction.imm)
        for indices in nest.chunks():
            for group in _independent(indices):
                operand = acc[group[1]] if len(group) == 2 else imm
                acc[group[0]] = _OPERATIONS[instruction.op](acc[group[0]], operand)


def _independent(indices: tuple[Array, ...]) -> list[tuple[Array, ...]]:
    """Put all micro-ops into one group if none touches what another writes, else each alone."""
    dst = indices[0]
    alone = len(np.unique(dst)) == len(dst)
    if alone and len(indices) == 2:
        others = indices[1][indices[1] != dst]
        alone = not np.isin(others, dst).any()
    if alone:
        return [indices]
    return [tuple(column[at : at + 1] for column in indices) for at in range(len(dst))]


def _shift(value: Array, amount: Array | np.int32) -> Array:
    """Shift right by the low five bits of the amount, or left by those of its opposite."""
    wide = np.asarray(amount, np.int64)
    left = (value.astype(np.int64) << (-wide & 31)).astype(np.int32)
    return np.where(wide >= 0, value >> (wide & 31).astype(np.int32), left)


_OPERATIONS: dict[AluOp, Callable[[Any, Any], Array]] = {
    AluOp.MIN: np.minimum,
    AluOp.MAX: np.maximum,
    AluOp.ADD: np.add,
    AluOp.SHR: _shift,
    AluOp.MUL: np.multiply,
}
