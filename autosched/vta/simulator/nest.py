"""The loop nest over micro-ops that GEMM and ALU share, and the elements it touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import Alu, Gemm, UopLoop
from autosched.vta.simulator.state import Array, State

CHUNK_UOPS = 1 << 16


@dataclass(frozen=True, slots=True)
class Operand:
    """One index of a micro-op: its column in the table, its memory and its factors."""

    what: str
    column: int
    memory: Memory
    factor_out: int
    factor_in: int


@dataclass(frozen=True, slots=True)
class UopNest:
    """Two loops, of `iter_out` and `iter_in` iterations, around the micro-ops from `first` on.

    `table` is an (n, 3) view of the uop memory.
    """

    name: str
    iter_out: int
    iter_in: int
    first: int
    table: Array
    operands: tuple[Operand, ...]

    @property
    def count(self) -> int:
        """How many micro-ops run."""
        return self.iter_out * self.iter_in * len(self.table)

    def indices(self, operand: Operand, first: int = 0, last: int | None = None) -> Array:
        """Return the index of every micro-op, in the order of the iterations `first` to `last`."""
        last = self.iter_out * self.iter_in if last is None else last
        outer, inner = np.divmod(np.arange(first, last), self.iter_in)
        starts = outer * operand.factor_out + inner * operand.factor_in
        found: Array = (starts[:, None] + self.table[None, :, operand.column]).reshape(-1)
        return found

    def chunks(self) -> Iterator[tuple[Array, ...]]:
        """Yield the indices of each operand, about `CHUNK_UOPS` at a time, in order."""
        total = self.iter_out * self.iter_in
        step = max(1, CHUNK_UOPS // len(self.table))
        for first in range(0, total, step):
            last = min(total, first + step)
            yield tuple(self.indices(operand, first, last) for operand in self.operands)


def nest_of(state: State, instruction: UopLoop, name: str) -> UopNest:
    """Return the nest of an instruction, with the operands that it uses, `dst` first.

    Raises `AcceleratorError` when a micro-op lies out of its memory, or an index out of its own.
    """
    first, last = instruction.uop_bgn, instruction.uop_end
    if last > len(state.uops):
        raise AcceleratorError(
            f"{name}: expected micro-ops up to {len(state.uops) - 1}, got uop_end {last}"
        )
    table = state.uops[first : max(first, last)]
    nest = UopNest(
        name, instruction.iter_out, instruction.iter_in, first, table, _operands(instruction)
    )
    if nest.count:
        _check_range(state, nest)
    return nest


def _operands(instruction: UopLoop) -> tuple[Operand, ...]:
    dst = Operand("dst", 0, Memory.ACC, instruction.dst_factor_out, instruction.dst_factor_in)
    factors = instruction.src_factor_out, instruction.src_factor_in
    if isinstance(instruction, Alu):
        return (dst,) if instruction.use_imm else (dst, Operand("src", 1, Memory.ACC, *factors))
    assert isinstance(instruction, Gemm)
    if instruction.reset:
        return (dst,)
    src = Operand("src", 1, Memory.INP, *factors)
    weights = instruction.wgt_factor_out, instruction.wgt_factor_in
    return dst, src, Operand("wgt", 2, Memory.WGT, *weights)


def _check_range(state: State, nest: UopNest) -> None:
    """Raise AcceleratorError if the largest index of an operand lies beyond its memory."""
    highest = nest.table.max(axis=0).tolist()
    for operand in nest.operands:
        reach = (
            highest[operand.column]
            + (nest.iter_out - 1) * operand.factor_out
            + (nest.iter_in - 1) * operand.factor_in
        )
        depth = state.config.depth(operand.memory)
        if reach >= depth:
            raise AcceleratorError(
                f"{nest.name}: expected {operand.what} to stay in {operand.memory.name} up to "
                f"{depth - 1}, got {reach}"
            )
