"""The structure that all candidates of a sketch share: stages, loops, accesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from autosched.analysis.simplify import simplify
from autosched.cost_model.features.factoring import Factors
from autosched.cost_model.features.index import Index, index_of, part_of, sum_of
from autosched.cost_model.features.numbers import Extent, Number, known
from autosched.cost_model.features.recording import Copy, Recording
from autosched.cost_model.features.work import Work, work_of
from autosched.ir.expr import Expr
from autosched.ir.stmt import LoopKind
from autosched.ir.structure import ExprKeys
from autosched.schedule.inline import inline_all
from autosched.schedule.layout import local_order, source_indices
from autosched.schedule.relations import Relation, origins
from autosched.schedule.state import At, Inlined, ScheduleState, StageState
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, PlaceholderOp, Tensor, TensorRead


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """One tensor that a stage reads or writes.

    `source` is the nest that computes the tensor, None for an input of the kernel. `order` lists
    the tensor's dimensions in the order of storage, in which `dims` and `shape` are. `axes` are
    those that the indices depend on.
    """

    name: str
    source: Nest | None
    dims: tuple[Index, ...]
    shape: tuple[Extent, ...]
    order: tuple[int, ...]
    bytes: int
    axes: frozenset[Axis]

    @property
    def is_packed(self) -> bool:
        return self.source is not None and self.source.is_copy


@dataclass(slots=True, eq=False)
class Nest:
    """The loop nest of a stage.

    Its own loops are `leaves`; `path` are those around them, each with the nest it belongs to,
    of which `parent` is the innermost; `loops` are all of these. `points` counts iterations
    with nominal sizes, `buffers` the copies of the result that take turns. `readers` are the
    accesses of its result. One that `is_constant` is computed from constants alone, before the
    first call.
    """

    name: str
    data: tuple[Axis, ...]
    reduce: tuple[Axis, ...]
    extents: dict[Axis, Extent]
    relations: Sequence[Relation]
    factors: Factors
    leaves: tuple[Axis, ...]
    kinds: Mapping[Axis, LoopKind]
    parent: Nest | None
    path: tuple[tuple[Nest, Axis], ...]
    work: Work
    scope: str
    is_output: bool
    is_copy: bool
    is_constant: bool
    points: int
    buffers: int
    writes: tuple[Access, ...] = ()
    reads: tuple[Access, ...] = ()
    readers: list[tuple[Nest, Access]] = field(default_factory=list)
    moving: dict[Access, tuple[bool, ...]] = field(default_factory=dict)
    loops: tuple[tuple[Nest, Axis], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.loops = (*self.path, *((self, axis) for axis in self.leaves))

    @property
    def accesses(self) -> tuple[Access, ...]:
        return (*self.writes, *self.reads)

    @property
    def around(self) -> Iterator[Nest]:
        """The nests around it, from the innermost outwards."""
        nest = self.parent
        while nest is not None:
            yield nest
            nest = nest.parent

    def moves(self, access: Access) -> tuple[bool, ...]:
        """Return for each of the loops whether it changes what `access` touches."""
        if access not in self.moving:
            moves = (any(_moves(self, a, loop) for a in access.axes) for loop in self.loops)
            self.moving[access] = tuple(moves)
        return self.moving[access]

    def kind(self, axis: Axis) -> LoopKind:
        return self.kinds.get(axis, LoopKind.SERIAL)

    def roots_of(self, leaf: Axis) -> frozenset[Axis]:
        """Return the axes of the operation that a loop is made from."""
        return frozenset(origins(self.relations, leaf) & {*self.data, *self.reduce})


def _moves(nest: Nest, root: Axis, loop: tuple[Nest, Axis]) -> bool:
    """Whether a loop changes the value of an axis of the operation."""
    owner, leaf = loop
    if owner is nest:
        return root in nest.roots_of(leaf)
    if root not in nest.data:
        return False
    dimension = nest.data.index(root)
    return any(
        _moves(reader, axis, loop)
        for reader, access in nest.readers
        for axis in access.dims[access.order.index(dimension)].axes
    )


def nests(recording: Recording) -> list[Nest]:
    """Return the nest of every stage that has loops, producers after their readers."""
    schedule: ScheduleState = recording.schedule
    ops = inline_all(schedule)
    found: dict[StageState, Nest] = {}
    for stage in reversed(schedule.stages):
        op = ops[stage]
        if isinstance(op, ComputeOp) and type(stage.attachment) is not Inlined:
            found[stage] = _nest(recording, stage, op, found)
    for stage, nest in found.items():
        op = ops[stage]
        assert isinstance(op, ComputeOp)
        accesses = _Accesses(recording, found, stage)
        nest.writes = accesses.writes()
        nest.reads = tuple(accesses.reads(op))
        for access in nest.reads:
            if access.source is not None:
                access.source.readers.append((nest, access))
    return list(found.values())


def _nest(
    recording: Recording, stage: StageState, op: ComputeOp, found: dict[StageState, Nest]
) -> Nest:
    attachment, schedule = stage.attachment, recording.schedule
    # A step of a scan counts as all steps together: its first axis has their number.
    parent = found.get(attachment.stage) if isinstance(attachment, At) else None
    path: tuple[tuple[Nest, Axis], ...] = ()
    if parent is not None and isinstance(attachment, At):
        path = parent.loops[: len(parent.path) + parent.leaves.index(attachment.axis) + 1]
    copy = recording.copies.get(stage)
    axes = (*op.axis, *op.reduce_axis)
    # A layout pads to whole blocks, whose sizes are decisions; what is copied has always one size.
    sizes = copy.tensor.shape if copy else tuple(axis.extent for axis in axes)
    points = recording.points.get(stage, prod(map(known, sizes)))
    extents = {axis: recording.extent(axis) for axis in axes}
    is_copy = copy is not None and not copy.is_computed
    return Nest(
        stage.name, op.axis, op.reduce_axis, extents, stage.relations, recording.factors,
        tuple(stage.leaves), stage.kinds, parent, path,
        Work() if is_copy else work_of(op), stage.scope, stage.is_output,
        is_copy, _is_constant(schedule, stage) and (parent is None or parent.is_constant),
        points, stage.copies,
    )  # fmt: skip


def _is_constant(schedule: ScheduleState, stage: StageState) -> bool:
    """Whether a stage is a constant, or computed from constants alone."""
    if isinstance(stage.op, PlaceholderOp):
        return stage.op.constant
    inputs = [schedule[tensor] for tensor in stage.inputs]
    return bool(inputs) and all(_is_constant(schedule, each) for each in inputs)


class _Accesses:
    """Makes the accesses of the nest of one stage."""

    def __init__(self, recording: Recording, found: dict[StageState, Nest], stage: StageState):
        self.recording = recording
        self.found = found
        self.stage = stage
        self.data = found[stage].data

    def writes(self) -> tuple[Access, ...]:
        dims = [sum_of([(axis, 1)]) for axis in self.data]
        return tuple(self._access(self.stage, tensor, dims) for tensor in self.stage.op.outputs)

    def reads(self, op: ComputeOp) -> Iterator[Access]:
        copy = self.recording.copies.get(self.stage)
        if copy is not None and not copy.is_computed:
            (tensor,) = self.stage.inputs
            yield self._access(copy.source, tensor, self._copied(copy))
            return
        keys, distinct = ExprKeys(), dict[int, TensorRead]()
        for read in op.reads:
            distinct.setdefault(keys.of(read), read)
        for read in distinct.values():
            source = self.recording.schedule[read.tensor]
            yield self._access(source, read.tensor, self._dims(source, read.indices))

    def _copied(self, copy: Copy) -> list[Index]:
        """Return the indices at which a copy reads its source."""
        terms: list[list[tuple[Axis, Number]]] = [[] for _ in copy.tensor.shape]
        for axis, part in zip(self.data, copy.parts, strict=True):
            terms[part.dimension].append((axis, part.unit))
        return [sum_of(dimension) for dimension in terms]

    def _dims(self, source: StageState, indices: tuple[Expr, ...]) -> list[Index]:
        copy = self.recording.copies.get(source)
        if copy is None:
            return [self._index(index) for index in indices]
        rank = len(copy.tensor.shape)
        whole = [self._index(index) for index in source_indices(copy.sampled, indices, rank)]
        return [part_of(whole[part.dimension], part.unit, part.above) for part in copy.parts]

    def _index(self, expr: Expr) -> Index:
        return index_of(simplify(expr), self.recording.strides)

    def _access(self, source: StageState, tensor: Tensor, dims: Sequence[Index]) -> Access:
        producer = self.found.get(source)
        order = _storage_order(producer, len(dims))
        shape = self.recording.shape(source, tensor.value_index)
        axes: frozenset[Axis] = frozenset().union(*(index.axes for index in dims))
        return Access(
            tensor.name,
            producer,
            tuple(dims[d] for d in order),
            tuple(shape[d] for d in order),
            order,
            tensor.dtype.bytes,
            axes,
        )


def _storage_order(producer: Nest | None, rank: int) -> tuple[int, ...]:
    """Return the dimensions in the order of storage."""
    if producer is None or producer.is_output or producer.scope != "local":
        return tuple(range(rank))
    return local_order(producer.data, producer.relations, producer.kinds)
