"""Features of the heaviest nest as a whole.

`COUNTS` range over orders of magnitude and are given as logarithms, `SHARES` as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial

import numpy as np

from autosched.cost_model.features.locality import Locality
from autosched.cost_model.features.numbers import Value, ceil_div, least, most, product
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.registers import Block
from autosched.cost_model.features.structure import Nest
from autosched.ir.stmt import LoopKind
from autosched.schedule.relations import splits
from autosched.schedule.tail import Tail
from autosched.te.axis import Axis, AxisKind

CAPACITIES = {
    "4k": 4 << 10, "32k": 32 << 10, "256k": 256 << 10,
    "1m": 1 << 20, "8m": 8 << 20, "32m": 32 << 20,
}  # fmt: skip
"""The cache sizes, in bytes, for which traffic is computed; a model learns which matter."""


class NestView:
    """One nest of a population, with the values that several features use."""

    def __init__(self, population: Population, nest: Nest):
        self.population = population
        self.nest = nest
        self.locality = Locality(population, nest)
        self.block = Block(population, nest)

    @cached_property
    def points(self) -> Value:
        return self.population.points(self.nest)

    @cached_property
    def whole(self) -> Value:
        """The points of the stage, each counted once however often it is computed."""
        return product(map(self.population.number, self.nest.extents.values()))

    @cached_property
    def flops(self) -> Value:
        return self.points * max(1, self.nest.work.flops)

    @cached_property
    def vector_steps(self) -> Value:
        """How many vector statements run; scalar ones where nothing is vectorized."""
        return self.points / self.block.lanes * self.block.registers_each

    def traffic(self, capacity: int) -> Value:
        return self.locality.all_traffic(capacity)

    def intensity(self, capacity: int) -> Value:
        return self.flops / self.traffic(capacity)

    def footprint(self, level: int) -> np.ndarray:
        """Return the bytes touched inside the level, clipped to the levels of the nest."""
        return self.locality.footprint[min(max(level, 0), self.locality.levels - 1)]

    def extent(self, outward: int) -> Value:
        """Return the extent of loop number `outward` around the register tile; 1 for no loop."""
        place = len(self.nest.leaves) - len(self.block.leaves) - 1 - outward
        if place < 0:
            return 1.0
        return self.population.extents(self.nest)[self.nest.leaves[place]]

    @cached_property
    def tasks(self) -> Value:
        """How many iterations are shared among threads."""
        return product(
            self.population.extents(owner)[axis]
            for owner, axis in self.nest.loops
            if owner.kind(axis) is LoopKind.PARALLEL
        )

    def balance(self, threads: int) -> Value:
        """Return the share of time that threads are busy, if all iterations take equally long."""
        return self.tasks / (ceil_div(self.tasks, threads) * threads)

    def unrolled(self, kind: AxisKind) -> Value:
        """Return the steps of axes of a kind that are unrolled."""
        axes = (axis for axis in self.block.leaves if axis is not self.block.vector)
        return self._iterations(axes, kind)

    def serial_reduction(self) -> Value:
        """Return the steps of the reduction that are loops."""
        loops = self.nest.leaves[: len(self.nest.leaves) - len(self.block.leaves)]
        return self._iterations(loops, AxisKind.REDUCE)

    def _iterations(self, axes: Iterable[Axis], kind: AxisKind) -> Value:
        extents = self.population.extents(self.nest)
        return product(extents[axis] for axis in axes if axis.kind is kind)

    def depth_of_parallel(self) -> float:
        kinds = [owner.kind(axis) for owner, axis in self.nest.loops]
        return 1.0 + kinds.index(LoopKind.PARALLEL) if LoopKind.PARALLEL in kinds else 0.0

    def remainder(self, counts: Callable[[Tail], bool]) -> Value:
        """Return the largest share of an axis left over or padded by splits whose tail `counts`."""
        worst: Value = 0.0
        for nest in (self.nest, *self.nest.around):
            extents = self.population.extents(nest)
            for split in splits(nest.relations):
                if counts(split.tail):
                    parent, factor = extents[split.parent], extents[split.inner]
                    left = parent - np.floor(parent / factor) * factor
                    added = factor - left if split.tail.computes_whole_tiles else left
                    worst = most(worst, added * (left > 0) / parent)
        return worst


Feature = Callable[[NestView], Value]


COUNTS: dict[str, Feature] = {
    "points": lambda v: v.points,
    "flops": lambda v: v.flops,
    "fused": lambda v: v.points * v.nest.work.fused,
    "simple": lambda v: v.points * v.nest.work.simple,
    "divided": lambda v: v.points * v.nest.work.divided,
    "compared": lambda v: v.points * v.nest.work.compared,
    "special": lambda v: v.points * v.nest.work.special,
    "vector_steps": lambda v: v.vector_steps,
    "lanes": lambda v: v.block.lanes,
    "registers_each": lambda v: v.block.registers_each,
    "accumulators": lambda v: v.block.accumulators,
    "operands": lambda v: v.block.operands,
    "pressure": lambda v: v.block.pressure,
    "spilled": lambda v: v.block.spilled,
    "statements": lambda v: v.block.statements,
    "unrolled_data": lambda v: v.unrolled(AxisKind.DATA),
    "unrolled_reduce": lambda v: v.unrolled(AxisKind.REDUCE),
    "serial_reduce": lambda v: v.serial_reduction(),
    "loop_0": lambda v: v.extent(0),
    "loop_1": lambda v: v.extent(1),
    "loop_2": lambda v: v.extent(2),
    "tiles": lambda v: v.population.trips(v.nest)[len(v.nest.path)],
    "block_trips": lambda v: v.population.trips(v.nest)[v.block.level],
    "tasks": lambda v: v.tasks,
    "flops_per_task": lambda v: v.flops / v.tasks,
    "footprint_block": lambda v: v.footprint(v.block.level),
    "footprint_loop_0": lambda v: v.footprint(v.block.level - 1),
    "footprint_loop_1": lambda v: v.footprint(v.block.level - 2),
    "footprint_tile": lambda v: v.footprint(len(v.nest.path)),
    "footprint_tiles": lambda v: v.footprint(len(v.nest.path) - 1),
    "footprint_task": lambda v: v.footprint(1),
    "footprint": lambda v: v.footprint(0),
    **{f"traffic_{name}": partial(NestView.traffic, capacity=c) for name, c in CAPACITIES.items()},
    **{
        f"intensity_{name}": partial(NestView.intensity, capacity=c)
        for name, c in CAPACITIES.items()
    },
}

SHARES: dict[str, Feature] = {
    "filled_lanes": lambda v: v.block.filled,
    "operands_per_step": lambda v: v.block.operands * v.block.reduced / v.block.statements,
    "latency_hidden": lambda v: least(v.block.accumulators, 16.0) / 16.0,
    "redone": lambda v: v.points / v.whole,
    **{f"balance_{n}": partial(NestView.balance, threads=n) for n in (2, 4, 8, 16)},
    "parallel_depth": lambda v: v.depth_of_parallel(),
    "path": lambda v: float(len(v.nest.path)),
    "loops": lambda v: float(len(v.nest.loops)),
    "innermost_reduces": lambda v: float(
        bool(v.nest.leaves) and v.nest.leaves[-1].kind is AxisKind.REDUCE
    ),
    "left_over": lambda v: v.remainder(lambda tail: not tail.computes_whole_tiles),
    "left_over_guarded": lambda v: v.remainder(lambda tail: tail.checks_all_tiles),
    "added": lambda v: v.remainder(lambda tail: tail.computes_whole_tiles),
}
