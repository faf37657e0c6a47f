"""The innermost loops that are written out: vectors, register tile, pressure."""

from __future__ import annotations

from functools import cached_property

from autosched.cost_model.features.numbers import Value, ceil_div, most
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.structure import Access, Nest
from autosched.cost_model.features.touched import stride
from autosched.ir.stmt import LoopKind
from autosched.te.axis import Axis

VECTOR_BYTES = 64
REGISTERS = 32
"""Those of AVX-512; on other machines the features keep their order."""


class Block:
    """The unrolled and vectorized loops at the heart of a nest."""

    def __init__(self, population: Population, nest: Nest):
        self.population = population
        self.nest = nest
        self.leaves = _written_out(nest)
        self.level = len(nest.loops) - len(self.leaves)
        self.vector = next(
            (axis for axis in nest.leaves if nest.kind(axis) is LoopKind.VECTORIZED), None
        )
        self.bytes = max(access.bytes for access in nest.writes)

    @cached_property
    def lanes(self) -> Value:
        """Elements in a vector statement; 1 where nothing is vectorized."""
        if self.vector is None:
            return 1.0
        return self.population.extents(self.nest)[self.vector]

    @cached_property
    def registers_each(self) -> Value:
        return ceil_div(self.lanes * self.bytes, VECTOR_BYTES)

    @property
    def filled(self) -> Value:
        """The share of the lanes of a vector that is used."""
        return self.lanes * self.bytes / (self.registers_each * VECTOR_BYTES)

    def repeats(self, access: Access) -> Value:
        """How many registers `access` fills over the block."""
        return self._product(self.nest.moves(access)[self.level :])

    @cached_property
    def statements(self) -> Value:
        """Vector statements in the block: its code size."""
        return self._product((True,) * len(self.leaves))

    @cached_property
    def accumulators(self) -> Value:
        return self.repeats(self.nest.writes[0])

    @cached_property
    def operands(self) -> Value:
        """Registers that the loads of one step of the reduction fill."""
        total: Value = 0.0
        for access in self.nest.reads:
            total = total + most(1.0, self.repeats(access) / self.reduced)
        return total

    @cached_property
    def reduced(self) -> Value:
        """How many steps of the reduction are written out."""
        found: Value = 1.0
        for axis in self.leaves:
            if self.nest.roots_of(axis) & {*self.nest.reduce}:
                found = found * self.population.extents(self.nest)[axis]
        return found

    @cached_property
    def pressure(self) -> Value:
        """Registers wanted at once: accumulators, the vector operand, one broadcast."""
        wide = any(self.moves_with_vector(read) for read in self.nest.reads)
        return self.accumulators + (self.registers_each if wide else 0.0) + 1.0

    @property
    def spilled(self) -> Value:
        return most(0.0, self.pressure - REGISTERS)

    def moves_with_vector(self, access: Access) -> bool:
        return bool(access.axes & self.vector_roots)

    def vector_stride(self, access: Access) -> Value:
        """Elements from lane to lane: 0 is a broadcast, 1 contiguous."""
        found: Value = 0.0
        for axis in self.vector_roots:
            found = most(found, stride(self.population, access, axis))
        return found

    @cached_property
    def vector_roots(self) -> frozenset[Axis]:
        """The axes along which lanes lie; of the innermost loop where nothing is vectorized."""
        if self.vector is not None:
            return self.nest.roots_of(self.vector)
        return self.nest.roots_of(self.nest.leaves[-1]) if self.nest.leaves else frozenset()

    def _product(self, chosen: tuple[bool, ...]) -> Value:
        extents = self.population.extents(self.nest)
        found: Value = 1.0
        for axis, moves in zip(self.leaves, chosen, strict=True):
            if moves:
                found = found * (self.registers_each if axis is self.vector else extents[axis])
        return found


def _written_out(nest: Nest) -> tuple[Axis, ...]:
    kept: list[Axis] = []
    for axis in reversed(nest.leaves):
        if nest.kind(axis) not in (LoopKind.UNROLLED, LoopKind.VECTORIZED):
            break
        kept.insert(0, axis)
    return tuple(kept)
