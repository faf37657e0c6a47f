"""The stages of an accelerator's sketch by their role, and the counts from which features come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autosched.backends.vta.packed.layout import whole
from autosched.cost_model.features.numbers import Value, least, most, product
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.recording import record
from autosched.cost_model.features.structure import Access, Nest, nests
from autosched.ir.stmt import LoopKind
from autosched.schedule.sketch import Sketch
from autosched.schedule.state import Inlined
from autosched.te.tensor import ComputeOp, Tensor
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.environment import SCOPES

BLOCK = 2
"""The number of dimensions of a block."""

_MEMORIES = {"data": Memory.INP, "weights": Memory.WGT, "sums": Memory.ACC}
"""The memory of each operand."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The nests by role: loads of each operand, products, ALU operations, the output."""

    loads: dict[str, list[Nest]]
    products: list[Nest]
    alu: list[Nest]
    out: Nest
    skips: bool


def structure_of(outputs: Sequence[Tensor], sketch: Sketch) -> Structure:
    """Return the structure of a sketch, which all of its candidates share."""
    recording = record(outputs, sketch, {})
    found = nests(recording)
    stages = recording.schedule.stages
    computed = [n for n in found if n.scope == SCOPES[Memory.ACC] and not n.is_copy]
    loads = {
        name: [n for n in found if n.scope == SCOPES[memory] and n not in computed]
        for name, memory in _MEMORIES.items()
    }
    products = [nest for nest in computed if any(_is_data(access) for access in nest.reads)]
    (out,) = (nest for nest in found if nest.is_output)
    return Structure(
        loads,
        products,
        [nest for nest in computed if nest not in products],
        out,
        any(isinstance(s.attachment, Inlined) and isinstance(s.op, ComputeOp) for s in stages),
    )


def _is_data(access: Access) -> bool:
    return access.source is not None and access.source.scope == SCOPES[Memory.INP]


@dataclass(frozen=True, slots=True)
class Moved:
    """Counts of the transfers of one stage in the whole program.

    `elements` counts the blocks of one visit only.
    """

    visits: Value
    elements: Value
    beats: Value
    transfers: Value
    rows: Value


class AcceleratorView:
    """The counts of many candidates that have one structure, as arrays."""

    def __init__(self, structure: Structure, population: Population, config: VTAConfig):
        self.structure = structure
        self.population = population
        self.config = config

    @cached_property
    def loads(self) -> dict[str, list[Moved]]:
        return {
            name: [self._loaded(nest, _MEMORIES[name]) for nest in nests]
            for name, nests in self.structure.loads.items()
        }

    def _loaded(self, nest: Nest, memory: Memory) -> Moved:
        visits = self.population.trips(nest)[len(nest.path)] / self._threads(nest, own=False)
        extents = self._extents(nest)
        sizes = [float(self.population.number(size)) for size in nest.reads[0].shape[:-BLOCK]]
        rows, transfers = _rows(extents, sizes)
        elements = product(extents)
        beats = visits * elements * self._beats(memory)
        return Moved(visits, elements, beats, visits * transfers, visits * rows)

    def _beats(self, memory: Memory) -> float:
        return self.config.element_bytes(memory) / self.config.bus_bytes

    def _extents(self, nest: Nest) -> list[Value]:
        extents = self.population.extents(nest)
        return [extents[axis] for axis in nest.data[:-BLOCK]]

    def _thread_loops(self, nest: Nest) -> list[tuple[int, Value]]:
        """Return the positions of the thread loops around `nest`, with the number of threads."""
        return [
            (place, self.population.extents(owner)[axis])
            for place, (owner, axis) in enumerate(nest.path)
            if owner.kind(axis) is LoopKind.VTHREAD
        ]

    def _threads(self, nest: Nest, *, own: bool) -> Value:
        """Return how many threads have an `own` result of `nest`, or else share one of them."""
        moves = nest.moves(nest.writes[0])
        return product([n for place, n in self._thread_loops(nest) if moves[place] is own])

    @cached_property
    def streamed(self) -> list[Moved]:
        """The loads of operands that run at each step of a reduction."""
        return [m for name in ("data", "weights") if not self.stays(name) for m in self.loads[name]]

    @cached_property
    def resident(self) -> list[Moved]:
        """The loads of operands that run before the steps, and serve several tiles."""
        return [m for name in ("data", "weights") if self.stays(name) for m in self.loads[name]]

    def stays(self, name: str) -> float:
        """Return 1 if an operand is loaded outside of the steps of its product, otherwise 0."""
        inside = [
            nest for nest in self.structure.loads[name] if nest.parent in self.structure.products
        ]
        return float(not inside)

    @cached_property
    def _main(self) -> Nest:
        return (self.structure.products or self.structure.alu)[0]

    @cached_property
    def micro_ops(self) -> Value:
        """The micro-ops of the GEMM core."""
        size = self.config.batch * self.config.block_in * self.config.block_out
        return sum((self.population.points(n) / size for n in self.structure.products), 0.0)

    @cached_property
    def steps(self) -> Value:
        """The steps of the reductions in all tiles."""
        trips = self.population.trips
        return sum((trips(n)[len(n.path) + 1] for n in self.structure.products), 0.0)

    @cached_property
    def taps(self) -> float:
        """The maximum number of instructions of a step: one for each tap if padding is skipped."""
        if not self.structure.skips or not self.structure.products:
            return 1.0
        reduced = [whole(axis.extent) for axis in self._main.reduce[:-1]]
        stepped = next((n for n, size in enumerate(reduced) if size > 1), 0)
        return float(np.prod(reduced[:stepped] + reduced[stepped + 1 :]))

    @cached_property
    def tiles(self) -> Value:
        """The number of tiles of the output, of all threads together."""
        return self.population.trips(self._main)[len(self._main.path)]

    @cached_property
    def depth(self) -> Value:
        return self.steps / self.tiles if self.structure.products else 1.0

    @cached_property
    def tile_sums(self) -> Value:
        return product(self._extents(self._main))

    @property
    def tile_shape(self) -> list[Value]:
        """The channels, rows and columns of a tile; 1 for dimensions that the output lacks."""
        return [1.0, 1.0, 1.0, *self._extents(self._main)][-3:]

    @cached_property
    def alu(self) -> Value:
        """The cycles of the ALU and of resets; each further tensor that a stage reads adds one."""
        vector = self.config.batch * self.config.block_out
        total: Value = 0.0
        for nest in self.structure.alu:
            others = sum(access.source is not None for access in nest.reads) - 1
            work = max(1, nest.work.simple + others + bool(nest.reduce))
            total = total + self.population.points(nest) / vector * work
        for nest in self.structure.products:
            total = total + self.tiles * product(self._extents(nest))
        return total

    @cached_property
    def stored(self) -> tuple[Value, Value]:
        """The number of rows, and of transfers, that store all tiles."""
        out = self.structure.out
        sizes = [float(self.population.number(out.extents[axis])) for axis in out.data[:-BLOCK]]
        swept, level = self.population.swept(out), len(self._main.path)
        rows, transfers = _rows([swept[axis][level] for axis in out.data[:-BLOCK]], sizes)
        return self.tiles * rows, self.tiles * transfers

    @cached_property
    def stored_beats(self) -> Value:
        points = self.population.points(self.structure.out)
        return points / (self.config.batch * self.config.block_out) * self._beats(Memory.OUT)

    @cached_property
    def threads(self) -> Value:
        return product([n for _, n in self._thread_loops(self._main)])

    def sharing(self, name: str) -> Value:
        """Return the number of threads that share an operand."""
        found = self.structure.loads[name]
        return self._threads(found[0], own=False) if found else 1.0

    def copies(self, name: str) -> float:
        """Return the number of copies of an operand's buffer, which take turns."""
        found = [self._main] if name == "sums" else self.structure.loads[name]
        return float(found[0].buffers) if found else 1.0

    @cached_property
    def hides_loads(self) -> Value:
        """Whether all streamed loads overlap with computation, from 0 to 1."""
        hidden: Value = 1.0
        for name in ("data", "weights"):
            if self.stays(name):
                continue
            for nest in self.structure.loads[name]:
                several = self._threads(nest, own=True) * nest.buffers
                hidden = least(hidden, most(several, 1.0) - 1.0)
        return hidden

    @cached_property
    def hides_stores(self) -> Value:
        """Whether stores overlap with the computation of another tile, from 0 to 1."""
        return least(self.threads * self.copies("sums") - 1.0, 1.0) * (self.tiles > 1.0)

    @cached_property
    def waste(self) -> Value:
        """The fraction of the tiles that lies outside of the output."""
        whole = product([self.population.number(self._main.extents[a]) for a in self._main.data])
        covered = self.tiles * product(
            [self.population.extents(self._main)[a] for a in self._main.data]
        )
        return 1.0 - least(whole / covered, 1.0)

    def occupancy(self, name: str, memory: Memory) -> Value:
        """Return the fraction of a memory that an operand occupies."""
        used: Value = 0.0
        for nest in self.structure.loads[name]:
            own = product(self._extents(nest)) * self._threads(nest, own=True)
            used = used + own * nest.buffers
        return used / self.config.depth(memory)

    @property
    def sums_occupancy(self) -> Value:
        """The fraction of the accumulator that the sums occupy."""
        return self.tile_sums * self.threads * self.copies("sums") / self.config.depth(Memory.ACC)

    def instructions(self, values: Mapping[str, Value]) -> Value:
        """Estimate the number of instructions."""
        loads = sum((values[f"{name}.transfers"] for name in self.loads), 0.0)
        return loads + self.steps + 2.0 * self.tiles * len(self.structure.alu) + self.stored[1]


def _rows(extents: Sequence[Value], sizes: Sequence[float]) -> tuple[Value, Value]:
    """Return the contiguous rows of a region of a tensor, and the 2-D transfers that move them."""
    rows: Value = 1.0
    transfers: Value = 1.0
    joined: Value = 1.0
    has_column: Value = 0.0
    for extent, size in zip(reversed(extents), reversed(sizes), strict=True):
        apart = 1.0 - joined
        # The first dimension that is apart makes the rows of a transfer.
        beyond = apart * has_column
        rows = rows * np.where(np.asarray(apart) > 0, extent, 1.0)
        transfers = transfers * np.where(np.asarray(beyond) > 0, extent, 1.0)
        has_column = most(has_column, apart * np.where(np.asarray(extent) > 1, 1.0, 0.0))
        joined = joined * np.where(np.asarray(extent) >= size, 1.0, 0.0)
    return rows, transfers
