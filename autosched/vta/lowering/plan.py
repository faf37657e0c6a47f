"""Planning: the visitors that emit each leaf."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosched.errors import LoweringError
from autosched.ir.expr import Buffer, Load
from autosched.ir.stmt import Store
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.instructions import AluOp
from autosched.vta.lowering.emitter import Emitter
from autosched.vta.lowering.forms import Operand, flat, operand
from autosched.vta.lowering.match import AluStep, Chain, CopyIn, CopyOut, Product, Work, Zeros
from autosched.vta.lowering.outline import Leaf
from autosched.vta.lowering.spans import Spans
from autosched.vta.lowering.storage import Storage, scalars
from autosched.vta.lowering.work import (
    AluVisitor,
    CopyVisitor,
    Domain,
    GemmVisitor,
    Visitor,
    ZeroPage,
    domain_of,
)

DTYPES = {Memory.INP: "int8", Memory.WGT: "int8", Memory.ACC: "int32", Memory.OUT: "int8"}
"""The dtype in DRAM of the elements of each memory."""


@dataclass(eq=False)
class Planner:
    """Makes the visitors of leaves, which come in program order.

    `places` are the bytes in DRAM at which tensors begin; `zeros` is the first byte of the zeros
    in DRAM and their number.
    """

    storages: dict[Buffer, Storage]
    places: dict[Buffer, int]
    zeros: tuple[int, int]
    config: VTAConfig
    emitter: Emitter

    def __post_init__(self) -> None:
        self.spans = Spans()
        self.not_copied: set[Storage] = set()
        """Sums not last written by GEMM or the ALU: the output buffer has no copy of them."""

    def visitors(self, leaf: Leaf, work: Work) -> list[Visitor]:
        """Return the visitors that emit `leaf`, in order."""
        if isinstance(work, CopyIn):
            return [self._load(leaf, work)]
        if isinstance(work, Zeros):
            return [self._zeros(leaf)]
        if isinstance(work, CopyOut):
            return self._stores(leaf, work)
        if isinstance(work, Product):
            return [self._gemm(leaf, work)]
        return [self._alu(leaf, work)]

    def _load(self, leaf: Leaf, work: CopyIn) -> Visitor:
        target, source = leaf.store, work.source
        storage = self.storages[target.buffer]
        _check_dtype(source.buffer, storage.memory)
        domain = domain_of(leaf, [target, source], work.zeros)
        self.spans.written(target.buffer)
        self.not_copied.add(storage)
        return self._copy(domain, target, source, storage.memory)

    def _stores(self, leaf: Leaf, work: CopyOut) -> list[Visitor]:
        target, source = leaf.store, work.source
        _check_dtype(target.buffer, Memory.OUT)
        domain = domain_of(leaf, [source, target])
        copy = self._copy(domain, source, target, Memory.OUT)
        if self.storages[source.buffer] not in self.not_copied:
            return [copy]
        sums = self._on_chip(domain, source)
        return [AluVisitor(domain, sums, [(AluOp.ADD, 0)], self.emitter), copy]

    def _copy(
        self, domain: Domain, chip: Load | Store, dram: Load | Store, memory: Memory
    ) -> Visitor:
        """Return a visitor that copies between two buffers, in elements of `memory`."""
        inside = self._on_chip(domain, chip)
        outside = operand(dram, scalars(memory, self.config), domain.loops)
        if inside.lanes != outside.lanes:
            raise LoweringError(
                f"expected blocks of {dram.buffer.name} to keep their order in a copy, got "
                f"{inside.lanes} from {outside.lanes}"
            )
        start = self.places[dram.buffer] // self.config.element_bytes(memory)
        outside = replace(outside, base=outside.base + start)
        return CopyVisitor(domain, inside, outside, memory, self._zero_page(memory), self.emitter)

    def _zeros(self, leaf: Leaf) -> Visitor:
        memory = self.storages[leaf.store.buffer].memory
        domain = domain_of(leaf, [leaf.store])
        inside = self._on_chip(domain, leaf.store)
        return CopyVisitor(domain, inside, None, memory, self._zero_page(memory), self.emitter)

    def _zero_page(self, memory: Memory) -> ZeroPage:
        size = self.config.element_bytes(memory)
        return ZeroPage(self.zeros[0] // size, self.zeros[1] // size)

    def _gemm(self, leaf: Leaf, work: Product) -> Visitor:
        accesses: list[Load | Store] = [leaf.store, work.inputs, work.weights]
        leaf.conditions += work.conditions
        domain = domain_of(leaf, accesses)
        dst, src, wgt = (self._on_chip(domain, access) for access in accesses)
        _check_block(leaf, dst, src, wgt, self.config)
        self.spans.written(leaf.store.buffer)
        storage = self.storages[leaf.store.buffer]
        if domain.conditions or domain.opaque:
            self.not_copied.add(storage)
        else:
            self.not_copied.discard(storage)
        return GemmVisitor(domain, (dst, src, wgt), self.emitter)

    def _alu(self, leaf: Leaf, work: Chain) -> Visitor:
        storage = self.storages[leaf.store.buffer]
        leaf.conditions += work.conditions
        steps = self._begin(leaf, work)
        reads = [step.operand for step in steps if isinstance(step.operand, Load)]
        domain = domain_of(leaf, [leaf.store, *reads])
        actions: list[tuple[AluOp | None, int | Operand]] = []
        if len(steps) > len(work.steps) or not isinstance(work.root, Load):
            actions.append((None, 0))
        for step in steps:
            other = step.operand
            source = self._on_chip(domain, other) if isinstance(other, Load) else other
            actions.append((step.op, source))
        self.spans.chained(leaf.store, work)
        if actions and actions[-1][0] is not None:
            self.not_copied.discard(storage)
        elif actions:
            self.not_copied.add(storage)
        return AluVisitor(domain, self._on_chip(domain, leaf.store), actions, self.emitter)

    def _begin(self, leaf: Leaf, work: Chain) -> list[AluStep]:
        """Return the steps of `work`, after steps that copy a root elsewhere to the target."""
        root, target = work.root, leaf.store
        if not isinstance(root, Load):
            return [*_constant(root), *work.steps]
        if self.storages[root.buffer] is self.storages[target.buffer] and flat(root) == flat(
            target
        ):
            return list(work.steps)
        return [AluStep(AluOp.ADD, root), *work.steps]

    def _on_chip(self, domain: Domain, access: Load | Store) -> Operand:
        storage = self.storages[access.buffer]
        found = operand(access, storage.vector, domain.loops)
        return replace(found, base=found.base + storage.first())


def _constant(value: int) -> list[AluStep]:
    """Return the steps that turn 0 into `value`."""
    if value == 0:
        return []
    low = (value + (1 << 15)) % (1 << 16) - (1 << 15)
    high = ((value - low) >> 16) % (1 << 16)
    steps = []
    if high:
        high = high - (1 << 16) if high >= 1 << 15 else high
        steps += [AluStep(AluOp.ADD, high), AluStep(AluOp.SHR, -16)]
    if low:
        steps.append(AluStep(AluOp.ADD, low))
    return steps


def _check_dtype(buffer: Buffer, memory: Memory) -> None:
    if str(buffer.dtype) != DTYPES[memory]:
        raise LoweringError(
            f"expected {buffer.name} to be {DTYPES[memory]} for the {memory.name} memory, got "
            f"{buffer.dtype}",
            hint="cast it with .astype in the expression",
        )


def _check_block(leaf: Leaf, dst: Operand, src: Operand, wgt: Operand, config: VTAConfig) -> None:
    """Raise unless the loops inside an element are those of one block of a matrix product."""
    name = leaf.store.buffer.name
    if leaf.tensorized is None:
        raise LoweringError(
            f"expected the sum of products {name} to be tensorized, got plain loops",
            hint="s[...].tensorize(axis, env.gemm) at the outermost of the loops of one block",
        )
    lanes = {**dst.lanes, **src.lanes, **wgt.lanes}
    inside = {var for var, extent in leaf.loops[leaf.tensorized :] if extent > 1}
    block_in = config.block_in
    fits = inside == set(lanes)
    for var in lanes:
        d, s, w = (place.lanes.get(var, 0) for place in (dst, src, wgt))
        is_batch = w == 0 and d // config.block_out * block_in == s and d % config.block_out == 0
        is_out = s == 0 and w == d * block_in
        is_in = d == 0 and s == w
        fits = fits and (is_batch or is_out or is_in)
    if not fits:
        raise LoweringError(
            f"expected the tensorized loops of {name} to be a product of ({config.batch}, "
            f"{block_in}) by ({config.block_out}, {block_in}) transposed, got other indices",
            hint="the blocks are (BATCH, BLOCK_IN) of inputs and (BLOCK_OUT, BLOCK_IN) of weights",
        )
