"""Planning: the visitors that emit each leaf."""

from __future__ import annotations

from autosched.analysis.linear import Linear
from autosched.errors import LoweringError
from autosched.ir.buffer import Buffer
from autosched.ir.expr import Load
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import AluOp
from autosched.vta.lowering.emitter import Emitter
from autosched.vta.lowering.forms import flat
from autosched.vta.lowering.match import AluStep, Chain, CopyIn, CopyOut, Product, Work, Zeros
from autosched.vta.lowering.operand import Operand, operand
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


class Planner:
    """Makes the visitors of leaves, which come in program order.

    `places` are the bytes in DRAM at which tensors begin; `zeros` is the first byte of the zeros
    in DRAM and their number.
    """

    def __init__(
        self,
        storages: dict[Buffer, Storage],
        places: dict[Buffer, int],
        zeros: tuple[int, int],
        config: VTAConfig,
        emitter: Emitter,
    ):
        self.storages = storages
        self.places = places
        self.zeros = zeros
        self.config = config
        self.emitter = emitter
        self.spans = Spans()
        self.not_copied: set[Storage] = set()
        """Sums not last written by GEMM or the ALU: the output buffer has no copy of them."""

    def visitors(self, leaf: Leaf, work: Work) -> list[Visitor]:
        """The visitors that emit `leaf`, in order."""
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
        buffer = leaf.store.buffer
        storage = self.storages[buffer]
        source = work.source.buffer
        _check_dtype(source, storage.memory)
        chip, dram = self._target(leaf), flat(source, work.source.indices)
        domain = domain_of(leaf, [chip, dram], work.zeros)
        self.spans.loaded(buffer)
        self.not_copied.add(storage)
        return self._copy(domain, chip, storage, dram, source, storage.memory, buffer.name)

    def _stores(self, leaf: Leaf, work: CopyOut) -> list[Visitor]:
        buffer, source = leaf.store.buffer, work.source.buffer
        _check_dtype(buffer, Memory.OUT)
        storage = self.storages[source]
        chip, dram = flat(source, work.source.indices), self._target(leaf)
        domain = domain_of(leaf, [chip, dram])
        copy = self._copy(domain, chip, storage, dram, buffer, Memory.OUT, buffer.name)
        if storage not in self.not_copied:
            return [copy]
        sums = self._on_chip(domain, chip, storage, source.name)
        return [AluVisitor(domain, sums, [(AluOp.ADD, 0)], self.emitter), copy]

    def _copy(
        self,
        domain: Domain,
        chip: Linear,
        storage: Storage,
        dram: Linear,
        buffer: Buffer,
        memory: Memory,
        name: str,
    ) -> Visitor:
        """A copy between `storage` and `buffer` in DRAM, in elements of `memory`."""
        vector = scalars(memory, self.config)
        inside = self._on_chip(domain, chip, storage, name)
        outside = operand(dram, vector, domain.loops, buffer.name)
        if inside.lanes != outside.lanes:
            raise LoweringError(
                f"expected blocks of {name} to keep their order in a copy, got {inside.lanes} "
                f"from {outside.lanes}"
            )
        start = self.places[buffer] // self.config.element_bytes(memory)
        outside = Operand(outside.base + start, outside.steps, outside.lanes)
        return CopyVisitor(domain, inside, outside, memory, self._zero_page(memory), self.emitter)

    def _zeros(self, leaf: Leaf) -> Visitor:
        buffer = leaf.store.buffer
        storage = self.storages[buffer]
        chip = self._target(leaf)
        domain = domain_of(leaf, [chip])
        inside = self._on_chip(domain, chip, storage, buffer.name)
        page = self._zero_page(storage.memory)
        return CopyVisitor(domain, inside, None, storage.memory, page, self.emitter)

    def _zero_page(self, memory: Memory) -> ZeroPage:
        size = self.config.element_bytes(memory)
        return ZeroPage(self.zeros[0] // size, self.zeros[1] // size)

    def _gemm(self, leaf: Leaf, work: Product) -> Visitor:
        target = leaf.store.buffer
        chips = [
            (target, self._target(leaf)),
            (work.inputs.buffer, flat(work.inputs.buffer, work.inputs.indices)),
            (work.weights.buffer, flat(work.weights.buffer, work.weights.indices)),
        ]
        leaf.conditions += work.conditions
        domain = domain_of(leaf, [linear for _, linear in chips])
        dst, src, wgt = (
            self._on_chip(domain, linear, self.storages[buffer], buffer.name)
            for buffer, linear in chips
        )
        _check_block(leaf, dst, src, wgt, self.config)
        self.spans.summed(target)
        storage = self.storages[target]
        if domain.conditions or domain.opaque:
            self.not_copied.add(storage)
        else:
            self.not_copied.discard(storage)
        return GemmVisitor(domain, (dst, src, wgt), self.emitter)

    def _alu(self, leaf: Leaf, work: Chain) -> Visitor:
        target = leaf.store.buffer
        storage = self.storages[target]
        leaf.conditions += work.conditions
        linear = self._target(leaf)
        steps = self._begin(leaf, work, storage, linear)
        reads = [step.operand for step in steps if isinstance(step.operand, Load)]
        others = [flat(load.buffer, load.indices) for load in reads]
        domain = domain_of(leaf, [linear, *others])
        actions: list[tuple[AluOp | None, int | Operand]] = []
        if len(steps) > len(work.steps) or not isinstance(work.root, Load):
            actions.append((None, 0))
        for step in steps:
            actions.append((step.op, self._source(domain, step)))
        self.spans.chained(leaf.store, work)
        if actions and actions[-1][0] is not None:
            self.not_copied.discard(storage)
        elif actions:
            self.not_copied.add(storage)
        sums = self._on_chip(domain, linear, storage, target.name)
        return AluVisitor(domain, sums, actions, self.emitter)

    def _begin(self, leaf: Leaf, work: Chain, storage: Storage, linear: Linear) -> list[AluStep]:
        """The steps of `work`, after those that bring its root to the target if it is elsewhere."""
        root = work.root
        if isinstance(root, Load):
            here = self.storages[root.buffer] is storage
            if here and flat(root.buffer, root.indices) == linear:
                return list(work.steps)
            return [AluStep(AluOp.ADD, root), *work.steps]
        return [*_constant(root), *work.steps]

    def _source(self, domain: Domain, step: AluStep) -> int | Operand:
        load = step.operand
        if not isinstance(load, Load):
            return load
        linear = flat(load.buffer, load.indices)
        return self._on_chip(domain, linear, self.storages[load.buffer], load.buffer.name)

    def _target(self, leaf: Leaf) -> Linear:
        return flat(leaf.store.buffer, leaf.store.indices)

    def _on_chip(self, domain: Domain, linear: Linear, storage: Storage, name: str) -> Operand:
        there = operand(linear, storage.vector, domain.loops, name)
        return Operand(there.base + storage.first(), there.steps, there.lanes)


def _constant(value: int) -> list[AluStep]:
    """The steps that make `value` of 0."""
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
