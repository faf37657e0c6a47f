"""GEMM and ALU in NumPy: slower than compiled code, and what that is checked against."""

from __future__ import annotations

import numpy as np

from autosched.vta.isa import Alu, AluOp
from autosched.vta.simulator.nest import Nest
from autosched.vta.simulator.state import Array, State


class NumpyCore:
    """A `Core` without compiled code."""

    def __init__(self, state: State):
        self._state = state

    def inputs_loaded(self, first: int, count: int) -> None:
        """Nothing is kept of the inputs."""

    def weights_loaded(self, first: int, count: int) -> None:
        """Nothing is kept of the weights."""

    def reset(self, nest: Nest) -> None:
        """`acc[dst] = 0`."""
        for (dst,) in nest.chunks():
            self._state.acc[dst] = 0

    def gemm(self, nest: Nest) -> None:
        """`acc[dst] += inp[src] @ wgt[wgt].T`; the order of sums that wrap does not matter."""
        state, config = self._state, self._state.config
        inp = state.inp.reshape(-1, config.batch, config.block_in)
        wgt = state.wgt.reshape(-1, config.block_out, config.block_in)
        for dst, src, weight in nest.chunks():
            products = np.matmul(
                inp[src].astype(np.int32), wgt[weight].astype(np.int32).transpose(0, 2, 1)
            )
            np.add.at(state.acc, dst, products.reshape(len(dst), -1))

    def alu(self, nest: Nest, instruction: Alu) -> None:
        """`acc[dst] = op(acc[dst], imm or acc[src])`, one by one where micro-ops depend."""
        acc = self._state.acc
        imm = np.int32(instruction.imm)
        for indices in nest.chunks():
            for group in _independent(indices):
                operand = acc[group[1]] if len(group) == 2 else imm
                acc[group[0]] = _apply(instruction.op, acc[group[0]], operand)


def _independent(indices: tuple[Array, ...]) -> list[tuple[Array, ...]]:
    """All micro-ops at once where none touches what another writes, else each alone."""
    dst = indices[0]
    alone = len(np.unique(dst)) == len(dst)
    if alone and len(indices) == 2:
        others = indices[1][indices[1] != dst]
        alone = not np.isin(others, dst).any()
    if alone:
        return [indices]
    return [tuple(column[at : at + 1] for column in indices) for at in range(len(dst))]


def _apply(op: AluOp, value: Array, operand: Array | np.int32) -> Array:
    if op is AluOp.MIN:
        return np.minimum(value, operand)
    if op is AluOp.MAX:
        return np.maximum(value, operand)
    if op is AluOp.ADD:
        return value + operand
    if op is AluOp.MUL:
        return value * operand
    return _shift(value, operand)


def _shift(value: Array, amount: Array | np.int32) -> Array:
    """Right by the low five bits of the amount, left by those of a negative one's opposite."""
    wide = np.asarray(amount, np.int64)
    left = (value.astype(np.int64) << (-wide & 31)).astype(np.int32)
    return np.where(wide >= 0, value >> (wide & 31).astype(np.int32), left)
