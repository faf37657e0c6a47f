"""Storage on the chip: where each buffer lives, and which buffers share a place.

The ALU computes in place: a buffer that is computed element by element from another one
shares its place, if that is not read afterwards. Buffers lie in their memories like a stack,
each above the buffers that exist around it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from autosched.analysis.linear import Linear
from autosched.errors import CapacityError, LoweringError
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr, Load, Var
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.lowering.forms import elements, flat
from autosched.vta.lowering.match import AluStep, Chain, Work, memory_of
from autosched.vta.lowering.outline import Leaf, Loop, Outline, Region


@dataclass(slots=True, eq=False)
class Storage:
    """`size` elements of `memory` from `base` on, for each thread and each copy.

    `vector` is how many numbers an element has. `steps` are the steps of an index along each
    thread and along `turn`, the variable that counts the copies of a double buffer.
    """

    memory: Memory
    vector: int
    size: int
    copies: int
    threads: list[Loop]
    owner: Region
    base: int = 0
    turn: Var | None = None
    steps: dict[Expr, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Elements of all threads and copies."""
        return self.size * self.copies * prod(extent for _, extent in self.threads)

    def place_at(self, base: int) -> None:
        """Place the storage at `base`."""
        self.base = base
        step = self.size
        for var, extent in reversed(self.threads):
            self.steps[var] = step
            step *= extent
        if self.copies > 1:
            self.turn = Var("turn", INDEX)
            self.steps[self.turn] = step

    def first(self) -> Linear:
        """Return the index of the first element, which depends on the thread and the copy."""
        return Linear(self.base, dict(self.steps))


def scalars(memory: Memory, config: VTAConfig) -> int:
    """Return the number of scalars in one element of `memory`."""
    if memory is Memory.WGT:
        return config.block_in * config.block_out
    return config.batch * (config.block_in if memory is Memory.INP else config.block_out)


def allocate(out: Outline, works: dict[Leaf, Work], config: VTAConfig) -> dict[Buffer, Storage]:
    """Return the storage of every buffer. Raises CapacityError if a memory is too small."""
    storages: dict[Buffer, Storage] = {}
    for region in out.regions:
        active = _active_threads(region, out)
        for buffer in region.buffers:
            storages[buffer] = _storage(buffer, region, active[buffer], config)
    _share(out, works, storages)
    _stack(out, storages, config)
    return storages


def _active_threads(region: Region, out: Outline) -> dict[Buffer, list[Loop]]:
    """Return, for each buffer, the threads around it that write different values to it."""
    active: dict[Buffer, list[Loop]] = {buffer: [] for buffer in region.buffers}
    if region.threads:
        for leaf in out.leaves:
            target = leaf.store.buffer
            if target in active:
                active[target] = [t for t in region.threads if t in active[target] + leaf.active]
    return active


def _storage(buffer: Buffer, region: Region, threads: list[Loop], config: VTAConfig) -> Storage:
    memory = memory_of(buffer)
    if memory is None:
        raise LoweringError(
            f"expected {buffer.name} in a memory of the accelerator, got it in DRAM between two "
            "stages",
            hint="set its scope, or compute it in a kernel of its own",
        )
    vector = scalars(memory, config)
    count = elements(buffer)
    if count % vector:
        raise LoweringError(
            f"expected {buffer.name} to hold whole blocks of {vector} for the {memory.name} "
            f"memory, got {count} numbers"
        )
    return Storage(memory, vector, count // vector, buffer.copies, threads, region)


def _share(out: Outline, works: dict[Leaf, Work], storages: dict[Buffer, Storage]) -> None:
    last_reader: dict[Buffer, Leaf] = {}
    for leaf in out.leaves:
        for load in leaf.loads:
            last_reader[load.buffer] = leaf
    for leaf in out.leaves:
        work = works[leaf]
        if not isinstance(work, Chain) or not isinstance(work.root, Load):
            continue
        source, target = work.root.buffer, leaf.store.buffer
        if (
            source is not target
            and last_reader[source] is leaf
            and storages[source].owner.depth == storages[target].owner.depth == leaf.depth
            and storages[source].size == storages[target].size
            and storages[source].threads == storages[target].threads
            and flat(work.root) == flat(leaf.store)
            and (len(work.steps) == 1 or not any(_reads(step, source) for step in work.steps))
        ):
            storages[target] = storages[source]


def _reads(step: AluStep, buffer: Buffer) -> bool:
    return isinstance(step.operand, Load) and step.operand.buffer is buffer


def _stack(out: Outline, storages: dict[Buffer, Storage], config: VTAConfig) -> None:
    tops: dict[Region | None, dict[Memory, int]] = {None: dict.fromkeys(Memory, 0)}
    settled: set[Storage] = set()
    for region in out.regions:
        top = dict(tops[region.outer])
        for buffer in region.buffers:
            storage = storages[buffer]
            if storage in settled:
                continue
            settled.add(storage)
            storage.place_at(top[storage.memory])
            top[storage.memory] += storage.total
            _check_capacity(storage, top[storage.memory], region, storages, config)
        tops[region] = top


def _check_capacity(
    storage: Storage, used: int, region: Region, storages: dict[Buffer, Storage], config: VTAConfig
) -> None:
    depth = config.depth(storage.memory)
    if used <= depth:
        return
    held = ", ".join(
        f"{buffer.name} {storages[buffer].total}"
        for buffer in region.buffers
        if storages[buffer].memory is storage.memory
    )
    raise CapacityError(
        f"expected at most {depth} elements in the {storage.memory.name} memory at a time, got "
        f"{used} ({held})",
        hint="compute smaller tiles, or drop virtual threads or double_buffer",
    )
