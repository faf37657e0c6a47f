"""The innermost unrolled and vectorized loops: vectors, register tile, register pressure.

Registers are those of AVX-512. On other machines the features rank candidates the same.
"""

from __future__ import annotations

from functools import cached_property
from itertools import takewhile

from autosched.cost_model.features.numbers import Value, ceil_div, most, product
from autosched.cost_model.features.population import Population, cached_method
from autosched.cost_model.features.structure import Access, Nest
from autosched.cost_model.features.touched import stride
from autosched.ir.stmt import LoopKind
from autosched.target.target import MOST_VECTOR_REGISTERS, WIDEST_VECTOR_BYTES
from autosched.te.axis import Axis


class Block:
    """The unrolled and vectorized loops innermost in a nest."""

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
        return ceil_div(self.lanes * self.bytes, WIDEST_VECTOR_BYTES)

    @property
    def filled(self) -> Value:
        """The share of the lanes of its registers that a vector uses."""
        return self.lanes * self.bytes / (self.registers_each * WIDEST_VECTOR_BYTES)

    def repeats(self, access: Access) -> Value:
        """Return how many different registers `access` fills in the block."""
        return self._product(self.nest.moves(access)[self.level :])

    @cached_property
    def statements(self) -> Value:
        """The vector statements of the block: its code size."""
        return self._product((True,) * len(self.leaves))

    @cached_property
    def accumulators(self) -> Value:
        return self.repeats(self.nest.writes[0])

    @cached_property
    def operands(self) -> Value:
        """The registers that the loads of one step of the reduction fill."""
        loaded = (self.repeats(access) / self.reduced for access in self.nest.reads)
        return sum((most(1.0, registers) for registers in loaded), start=0.0)

    @cached_property
    def reduced(self) -> Value:
        """How many steps of the reduction are unrolled."""
        extents = self.population.extents(self.nest)
        reduce = {*self.nest.reduce}
        return product(extents[axis] for axis in self.leaves if self.nest.roots_of(axis) & reduce)

    @cached_property
    def pressure(self) -> Value:
        """The registers needed at once: accumulators, the vector operand and a broadcast."""
        wide = any(self.moves_with_vector(read) for read in self.nest.reads)
        return self.accumulators + (self.registers_each if wide else 0.0) + 1.0

    @property
    def spilled(self) -> Value:
        return most(0.0, self.pressure - MOST_VECTOR_REGISTERS)

    def moves_with_vector(self, access: Access) -> bool:
        return bool(access.axes & self.vector_roots)

    @cached_method
    def vector_stride(self, access: Access) -> Value:
        """Return the elements between two lanes: 0 for a broadcast, 1 where contiguous."""
        found: Value = 0.0
        for axis in self.vector_roots:
            found = most(found, stride(self.population, access, axis))
        return found

    @cached_property
    def vector_roots(self) -> frozenset[Axis]:
        """The axes of the vectorized loop; of the innermost loop where nothing is vectorized."""
        if self.vector is not None:
            return self.nest.roots_of(self.vector)
        return self.nest.roots_of(self.nest.leaves[-1]) if self.nest.leaves else frozenset()

    def _product(self, chosen: tuple[bool, ...]) -> Value:
        """Return the statements of the loops `chosen` among those of the block."""
        extents = self.population.extents(self.nest)
        return product(
            self.registers_each if axis is self.vector else extents[axis]
            for axis, is_chosen in zip(self.leaves, chosen, strict=True)
            if is_chosen
        )


def _written_out(nest: Nest) -> tuple[Axis, ...]:
    """Return the innermost loops that are all unrolled or vectorized."""
    kinds = (LoopKind.UNROLLED, LoopKind.VECTORIZED)
    inwards = takewhile(lambda axis: nest.kind(axis) in kinds, reversed(nest.leaves))
    return tuple(inwards)[::-1]
