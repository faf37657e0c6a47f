"""The structure of a stage that decides how it is best tiled: who reads what along which axis."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from autosched.ir.expr import Add, Const, Expr, Mul, Select, Sub
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import free_vars, walk
from autosched.schedule.relations import Inlined
from autosched.schedule.schedule import Schedule
from autosched.schedule.stage import Stage
from autosched.te.axis import Axis
from autosched.te.operation import ComputeOp, Reduce
from autosched.te.tensor import Tensor, TensorRead


@dataclass(frozen=True, eq=False)
class Read:
    """One tensor read of a stage. `pure` maps an axis to the dimension it indexes alone."""

    tensor: Tensor
    indices: tuple[Expr, ...]
    axes: frozenset[Axis]
    pure: dict[Axis, int]

    @property
    def packable(self) -> bool:
        """Every dimension is indexed by an axis of its own, so that a copy may reorder them."""
        return len(self.pure) == len(self.indices)

    def stride_one(self, axis: Axis) -> bool:
        """Steps along `axis` are steps to the next element."""
        if not self.indices or axis not in self.axes:
            return False
        inside = [axis in free_vars(index) for index in self.indices]
        return inside[-1] and not any(inside[:-1]) and coefficient(self.indices[-1], axis) == 1


@dataclass(frozen=True, eq=False)
class Contraction:
    """A reduction in which each operand is reused along an axis that it does not have."""

    stage: Stage
    reads: tuple[Read, ...]
    data: tuple[Axis, ...]
    reduce: tuple[Axis, ...]
    reused: dict[Axis, tuple[Read, ...]] = field(default_factory=dict)


def reads_of(op: ComputeOp) -> tuple[Read, ...]:
    """The tensor reads of `op`, each tensor and index once."""
    keys = ExprKeys()
    found: dict[int, Read] = {}
    for body in op.bodies:
        for node in walk(body):
            if type(node) is TensorRead:
                found.setdefault(keys.of(node), _read(node))
    return tuple(found.values())


def _read(node: TensorRead) -> Read:
    axes = frozenset(
        var for index in node.indices for var in free_vars(index) if isinstance(var, Axis)
    )
    pure: dict[Axis, int] = {}
    for dimension, index in enumerate(node.indices):
        if isinstance(index, Axis) and sum(index in free_vars(i) for i in node.indices) == 1:
            pure[index] = dimension
    return Read(node.tensor, node.indices, axes, pure)


def contraction(stage: Stage) -> Contraction | None:
    """What `stage` contracts, or None where no operand is reused along a data axis."""
    op = stage.op
    if not isinstance(op, ComputeOp) or type(op.bodies[0]) is not Reduce or len(op.bodies) > 1:
        return None
    data = tuple(axis for axis in op.axis if extent(axis) != 1)
    reduce = tuple(axis for axis in op.reduce_axis if extent(axis) != 1)
    reads = reads_of(op)
    reused = {
        axis: tuple(read for read in reads if axis in read.axes)
        for axis in data
        if any(axis not in read.axes for read in reads)
    }
    if len(reads) < 2 or len(reused) < 2 or not reduce:
        return None
    return Contraction(stage, reads, data, reduce, reused)


def extent(axis: Axis) -> int | None:
    """The extent of an axis where it is a constant."""
    return int(axis.extent.value) if type(axis.extent) is Const else None


def chooses(stage: Stage) -> bool:
    """The value of `stage` is a choice somewhere, as that of padding is."""
    return isinstance(stage.op, ComputeOp) and any(
        type(node) is Select for body in stage.op.bodies for node in walk(body)
    )


def epilogue(schedule: Schedule, stage: Stage, taken: Container[int] = ()) -> list[Stage]:
    """The elementwise stages that follow `stage`, each reading the one before point by point.

    The last is where the tile of `stage` is used; the others can be inlined. Stages whose
    numbers are `taken` follow something else.
    """
    chain: list[Stage] = []
    current = stage
    while not current.is_output:
        consumers = schedule.consumers(current)
        if len(consumers) != 1 or consumers[0].number in taken:
            break
        if not _pointwise(consumers[0], current):
            break
        current = consumers[0]
        chain.append(current)
    while chain and isinstance(chain[-1].attachment, Inlined):
        chain.pop()
    return chain


def _pointwise(consumer: Stage, producer: Stage) -> bool:
    op = consumer.op
    if not isinstance(op, ComputeOp) or type(op.bodies[0]) is Reduce or len(op.bodies) > 1:
        return False
    wanted = op.axis
    for body in op.bodies:
        for node in walk(body):
            if (
                type(node) is TensorRead
                and node.tensor.op is producer.op
                and (
                    len(node.indices) != len(wanted)
                    or any(a is not b for a, b in zip(node.indices, wanted, strict=True))
                )
            ):
                return False
    return True


def is_injective(stage: Stage) -> bool:
    """A computed stage without a reduction, of one output."""
    op = stage.op
    return isinstance(op, ComputeOp) and len(op.bodies) == 1 and type(op.bodies[0]) is not Reduce


def coefficient(index: Expr, axis: Axis) -> int:
    """How far `index` moves as `axis` grows by one; 0 where that is not a constant."""
    if index is axis:
        return 1
    match index:
        case Add():
            return coefficient(index.a, axis) + coefficient(index.b, axis)
        case Sub():
            return coefficient(index.a, axis) - coefficient(index.b, axis)
        case Mul() if type(index.b) is Const:
            return coefficient(index.a, axis) * int(index.b.value)
        case Mul() if type(index.a) is Const:
            return coefficient(index.b, axis) * int(index.a.value)
    return 0
