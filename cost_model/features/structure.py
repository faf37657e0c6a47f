"""What is the same for every candidate of a sketch: stages, loops, accesses."""

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
from autosched.ir.traverse import walk
from autosched.schedule.inline import inline_all
from autosched.schedule.layout import source_indices
from autosched.schedule.relations import Relation, origins
from autosched.schedule.state import At, Inlined, ScheduleState, StageState
from autosched.te.axis import Axis
from autosched.te.operation import ComputeOp, PlaceholderOp
from autosched.te.tensor import Tensor, TensorRead


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """One tensor that a stage touches. `dims` are in the order of storage.

    `source` is the stage that computes the tensor, None for one that the caller gives.
    `order` are the tensor's dimensions in the order of storage.
    """

    name: str
    source: Nest | None
    dims: tuple[Index, ...]
    shape: tuple[Extent, ...]
    order: tuple[int, ...]
    bytes: int
    is_write: bool
    is_packed: bool = False
    axes: frozenset[Axis] = frozenset()


@dataclass(slots=True, eq=False)
class Nest:
    """A stage with loops: `leaves`, inside the first `depth` loops of `parent`'s nest.

    `buffers` is how many copies of its result take turns.
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
    copies_constant: bool
    points: int
    buffers: int
    writes: tuple[Access, ...] = ()
    reads: tuple[Access, ...] = ()
    readers: list[tuple[Nest, Access]] = field(default_factory=list)
    moving: dict[Access, tuple[bool, ...]] = field(default_factory=dict)

    @property
    def accesses(self) -> tuple[Access, ...]:
        return (*self.writes, *self.reads)

    @property
    def loops(self) -> tuple[tuple[Nest, Axis], ...]:
        return (*self.path, *((self, axis) for axis in self.leaves))

    def moves(self, access: Access) -> tuple[bool, ...]:
        """For each of the loops, whether what `access` touches moves with it."""
        moves = self.moving.get(access)
        if moves is None:
            moves = tuple(any(_moves(self, a, loop) for a in access.axes) for loop in self.loops)
            self.moving[access] = moves
        return moves

    def kind(self, axis: Axis) -> LoopKind:
        return self.kinds.get(axis, LoopKind.SERIAL)

    def roots_of(self, leaf: Axis) -> frozenset[Axis]:
        """The axes of the operation that a loop is made from."""
        return frozenset(origins(self.relations, leaf) & {*self.data, *self.reduce})


def _moves(nest: Nest, root: Axis, loop: tuple[Nest, Axis]) -> bool:
    """Whether an axis of the operation takes other values as a loop around it runs."""
    owner, leaf = loop
    if owner is nest:
        return root in nest.roots_of(leaf)
    if root not in nest.data:
        return False
    dimension = nest.data.index(root)
    for reader, access in nest.readers:
        index = access.dims[access.order.index(dimension)]
        if any(_moves(reader, axis, loop) for axis in index.axes):
            return True
    return False


def nests(recording: Recording) -> list[Nest]:
    """Every stage that has loops, producers after the stages that read them."""
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
        builder = _Accesses(recording, found, nest)
        nest.writes = tuple(builder.written(stage, tensor) for tensor in stage.op.outputs)
        nest.reads = tuple(builder.all_read(stage, op))
        for access in nest.reads:
            if access.source is not None:
                access.source.readers.append((nest, access))
    return list(found.values())


def _nest(
    recording: Recording, stage: StageState, op: ComputeOp, found: dict[StageState, Nest]
) -> Nest:
    attachment = stage.attachment
    parent = found[attachment.stage] if isinstance(attachment, At) else None
    path: tuple[tuple[Nest, Axis], ...] = ()
    if parent is not None and isinstance(attachment, At):
        path = parent.loops[: len(parent.path) + parent.leaves.index(attachment.axis) + 1]
    copy = recording.copies.get(stage)
    axes = (*op.axis, *op.reduce_axis)
    points = recording.points.get(stage)
    if points is None:
        points = prod(known(axis.extent) for axis in axes)
    extents = {axis: recording.extent(axis) for axis in axes}
    return Nest(
        stage.name, op.axis, op.reduce_axis, extents, stage.relations, recording.factors,
        tuple(stage.leaves), stage.kinds, parent, path,
        Work() if copy else work_of(op), stage.scope, stage.is_output,
        copy is not None, copy is not None and _is_constant(copy.source), points,
        stage.copies,
    )  # fmt: skip


def _is_constant(stage: StageState) -> bool:
    return isinstance(stage.op, PlaceholderOp) and stage.op.constant


class _Accesses:
    """Makes the accesses of one nest."""

    def __init__(self, recording: Recording, found: dict[StageState, Nest], nest: Nest):
        self.recording = recording
        self.found = found
        self.nest = nest

    def written(self, stage: StageState, tensor: Tensor) -> Access:
        dims = [sum_of([(axis, 1)]) for axis in self.nest.data]
        return self._access(stage, tensor, dims, is_write=True)

    def all_read(self, stage: StageState, op: ComputeOp) -> Iterator[Access]:
        copy = self.recording.copies.get(stage)
        if copy is not None:
            yield self._copied(stage, copy)
            return
        keys, seen = ExprKeys(), set()
        for node in (node for body in op.bodies for node in walk(body)):
            if type(node) is TensorRead:
                key = keys.of(node)
                if key not in seen:
                    seen.add(key)
                    dims = self._dims(self.recording.schedule[node.tensor], node.indices)
                    yield self._access(
                        self.recording.schedule[node.tensor], node.tensor, dims, is_write=False
                    )

    def _copied(self, stage: StageState, copy: Copy) -> Access:
        terms: list[list[tuple[Axis, Number]]] = [[] for _ in range(copy.rank)]
        for axis, part in zip(self.nest.data, copy.parts, strict=True):
            terms[part.dimension].append((axis, part.unit))
        (tensor,) = stage.inputs
        dims = [sum_of(dimension) for dimension in terms]
        return self._access(copy.source, tensor, dims, is_write=False)

    def _dims(self, source: StageState, indices: tuple[Expr, ...]) -> list[Index]:
        copy = self.recording.copies.get(source)
        if copy is None:
            return [self._index(index) for index in indices]
        whole = [self._index(index) for index in source_indices(copy.sampled, indices, copy.rank)]
        return [part_of(whole[part.dimension], part.unit, part.above) for part in copy.parts]

    def _index(self, expr: Expr) -> Index:
        return index_of(simplify(expr), self.recording.strides)

    def _access(
        self, source: StageState, tensor: Tensor, dims: Sequence[Index], *, is_write: bool
    ) -> Access:
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
            is_write,
            producer is not None and producer.is_copy,
            axes,
        )


def _storage_order(producer: Nest | None, rank: int) -> tuple[int, ...]:
    """The dimensions outermost first; local storage has the vectorized one last."""
    order = list(range(rank))
    if producer is None or producer.is_output or producer.scope != "local":
        return tuple(order)
    for axis, kind in producer.kinds.items():
        roots = producer.roots_of(axis)
        if kind is LoopKind.VECTORIZED and len(roots) == 1 and not roots & {*producer.reduce}:
            innermost = producer.data.index(next(iter(roots)))
            order.remove(innermost)
            order.append(innermost)
    return tuple(order)
