"""The structure of a stage that decides how to tile it: which tensors it reads along which axes."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import prod
from operator import is_

from autosched.analysis.affine import to_linear
from autosched.analysis.rows import joined
from autosched.ir.expr import Add, Cast, Const, Expr, Select
from autosched.ir.structure import ExprKeys, equal
from autosched.ir.traverse import free_vars, walk
from autosched.schedule.relayout import loop_indices
from autosched.schedule.schedule import Schedule, Stage
from autosched.schedule.state import Inlined, StageState
from autosched.search.space.tiles import LARGE
from autosched.te.axis import Axis
from autosched.te.bounds import reads_data
from autosched.te.tensor import ComputeOp, Reduce, Tensor, TensorRead

MOST_KEPT = 256
"""Operations whose reads are kept: those that were asked for last."""


@dataclass(frozen=True, eq=False)
class Read:
    """One tensor read of a stage. `pure` maps an axis to the dimension it indexes alone.

    `batched` are the other dimensions that depend on batch axes of a contraction only.
    """

    tensor: Tensor
    indices: tuple[Expr, ...]
    axes: frozenset[Axis]
    pure: dict[Axis, int]
    batched: frozenset[int] = frozenset()

    @property
    def packable(self) -> bool:
        """Whether a copy may reorder the dimensions: no two axes that are tiled index one."""
        return len(self.pure) + len(self.batched) == len(self.indices)

    @property
    def is_plain(self) -> bool:
        """Whether each axis is an index by itself, or counts through several dimensions."""
        alone = [_alone(index) for index in self.joined if type(index) is not Const]
        return None not in alone and len({*alone}) == len(alone)

    def stride_one(self, axis: Axis) -> bool:
        """Whether a step along `axis` is a step to the next element in memory."""
        if not self.indices or axis not in self.axes:
            return False
        inside = [axis in free_vars(index) for index in self.joined]
        return inside[-1] and not any(inside[:-1]) and coefficient(self.joined[-1], axis) == 1

    def step_bytes(self, axis: Axis) -> int:
        """Return the bytes from an element to the next along `axis`; 0 where they are not known."""
        step, row = 0, self.tensor.dtype.bytes
        for index, size in zip(reversed(self.indices), reversed(self.tensor.shape), strict=True):
            if type(size) is not Const:
                return 0
            step += coefficient(index, axis) * row
            row *= int(size.value)
        return abs(step)

    @cached_property
    def joined(self) -> tuple[Expr, ...]:
        """The indices without axes of one point, those that count through several rows as one."""
        return joined(tuple(map(_without_points, self.indices)), self.tensor.shape)


@dataclass(frozen=True, eq=False)
class Contraction:
    """A reduction in which each operand is reused along an axis that does not index it.

    `reused` maps such an axis to the reads that it does index. Axes of one point are left out.
    """

    stage: Stage
    reads: tuple[Read, ...]
    data: tuple[Axis, ...]
    reduce: tuple[Axis, ...]
    reused: dict[Axis, tuple[Read, ...]]


@lru_cache(MOST_KEPT)
def reads_of(op: ComputeOp) -> tuple[Read, ...]:
    """Return the tensor reads of `op`, each tensor and index once.

    Copies of a schedule share operations, of which rules ask this again and again.
    """
    keys = ExprKeys()
    found: dict[int, Read] = {}
    for node in op.reads:
        found.setdefault(keys.of(node), read_of(node))
    return tuple(found.values())


def read_of(node: TensorRead) -> Read:
    variables = [free_vars(index) for index in node.indices]
    axes = frozenset(var for used in variables for var in used if isinstance(var, Axis))
    alone = [_alone(index) for index in node.indices]
    pure = {
        axis: dimension
        for dimension, axis in enumerate(alone)
        if axis is not None and sum(axis in used for used in variables) == 1
    }
    return Read(node.tensor, node.indices, axes, pure)


def _with_batch(read: Read, batch: Container[Axis]) -> Read:
    """Return the read with the dimensions that nothing but `batch` axes index."""
    pure = set(read.pure.values())
    batched = frozenset(
        dimension
        for dimension, index in enumerate(read.indices)
        if dimension not in pure and _depends_on(index, batch)
    )
    return replace(read, batched=batched) if batched else read


def _depends_on(index: Expr, axes: Container[Axis]) -> bool:
    """Whether an index depends on some of the axes, and on nothing else."""
    used = free_vars(index)
    is_data = reads_data(index)
    return bool(used) and not is_data and all(var in axes for var in used)


def _without_points(index: Expr) -> Expr:
    """Return an index without the axes of one point that are added to it."""
    linear = to_linear(index)
    points = [var for var in linear.terms if isinstance(var, Axis) and extent(var) == 1]
    for var in points:
        linear = linear.without(var)
    return linear.to_expr() if points else index


def _alone(index: Expr) -> Axis | None:
    """Return the axis that an index consists of, beside axes of one point; None for others."""
    if isinstance(index, Axis):
        return index
    linear = to_linear(index)
    wide = [
        (axis, step)
        for axis, step in linear.terms.items()
        if not (isinstance(axis, Axis) and extent(axis) == 1)
    ]
    if linear.const or len(wide) != 1:
        return None
    ((axis, step),) = wide
    return axis if isinstance(axis, Axis) and step == 1 else None


def contraction(stage: Stage) -> Contraction | None:
    """Return the contraction of `stage`; None if no operand is reused along a data axis."""
    op = stage.op
    if not isinstance(op, ComputeOp) or type(op.bodies[0]) is not Reduce or len(op.bodies) > 1:
        return None
    data = tuple(axis for axis in op.axis if extent(axis) != 1)
    reduce = tuple(axis for axis in op.reduce_axis if extent(axis) != 1)
    reads = reads_of(op)
    batch = {axis for axis in op.axis if all(axis in read.axes for read in reads)}
    reads = tuple(_with_batch(read, batch) for read in reads)
    reused = {
        axis: tuple(read for read in reads if axis in read.axes)
        for axis in data
        if any(axis not in read.axes for read in reads)
    }
    if len(reads) < 2 or len(reused) < 2 or not reduce:
        return None
    return Contraction(stage, reads, data, reduce, reused)


def computes_scalars(found: Contraction, vector: Axis, packed: Container[int]) -> bool:
    """Whether what the lanes along `vector` share is computed from elements at each use.

    Conversions do not count, nor what is computed as it is `packed`, nor choices: they may be
    conditions that loops are split by.
    """
    op, stages = found.stage.op, found.stage.schedule
    sources = [
        stages[read.tensor]
        for number, read in enumerate(found.reads)
        if vector not in read.axes and number not in packed
    ]
    inlined = [each for each in sources if isinstance(each.attachment, Inlined)]
    if not isinstance(op, ComputeOp) or any(map(has_select, [found.stage, *inlined])):
        return False
    return not all(map(is_conversion, inlined)) or any(
        type(node) not in (TensorRead, Cast) and vector not in free_vars(node) and reads_data(node)
        for node in walk(op.bodies[0])
    )


def chooses_scalars(found: Contraction, vector: Axis) -> bool:
    """Whether the sum chooses by its axes between values that the lanes along `vector` share.

    Where each is used by one vector, the choice is a mask of its multiply-add.
    """
    op = found.stage.op
    return isinstance(op, ComputeOp) and any(
        type(node) is Select
        and vector not in free_vars(node)
        and reads_data(node)
        and not reads_data(node.condition)
        for node in walk(op.bodies[0])
    )


def condition_axes(stage: Stage) -> set[Axis]:
    """Return the axes by which a reduction leaves out terms: those of its condition."""
    body = stage.op.bodies[0] if isinstance(stage.op, ComputeOp) else None
    used = free_vars(body.condition) if type(body) is Reduce else ()
    return {var for var in used if isinstance(var, Axis)}


def relevant_axes(stage: Stage) -> set[Axis]:
    """Return the axes that decide which terms of a reduction may be left out."""
    body = stage.op.bodies[0] if isinstance(stage.op, ComputeOp) else None
    used = free_vars(body.relevant) if type(body) is Reduce else ()
    return {var for var in used if isinstance(var, Axis)}


def extent(axis: Axis) -> int | None:
    """Return the extent of an axis, or None if it is symbolic."""
    return int(axis.extent.value) if type(axis.extent) is Const else None


def points_of(axes: Iterable[Axis], unknown: int = LARGE) -> int:
    """Return the points of some axes together; `unknown` stands for extents that are not known."""
    return prod(extent(axis) or unknown for axis in axes)


def most_bits(stages: Iterable[Stage]) -> int:
    """Return the bits of the largest elements that some stages compute, at least 32."""
    ops = [stage.op for stage in stages if isinstance(stage.op, ComputeOp)]
    return max([32, *(body.dtype.bits for op in ops for body in op.bodies)])


def bytes_read(read: Read, fixed: Container[Axis] = ()) -> int:
    """Return the bytes that all points read together, or those with the `fixed` axes at one point.

    In the last dimension the bytes between two elements count too. Extents must be known.
    """
    elements = 1
    for index in read.joined:
        steps = [
            (abs(step), extent(axis) or 1)
            for axis, step in to_linear(index).terms.items()
            if isinstance(axis, Axis) and axis not in fixed
        ]
        span = 1 + sum(step * (size - 1) for step, size in steps)
        is_last = index is read.joined[-1]
        elements *= span if is_last else min(span, prod(size for _, size in steps))
    return elements * read.tensor.dtype.bytes


def is_larger_than(read: Read, size: int) -> bool:
    """Whether all points together surely read more than `size` bytes."""
    return all(extent(axis) is not None for axis in read.axes) and bytes_read(read) > size


def has_select(stage: Stage) -> bool:
    """Whether `stage` chooses between values somewhere, as padding does."""
    return isinstance(stage.op, ComputeOp) and any(
        type(node) is Select for body in stage.op.bodies for node in walk(body)
    )


def epilogue(schedule: Schedule, stage: Stage, excluded: Container[int] = ()) -> list[Stage]:
    """Return the elementwise stages that follow `stage`, each reading the one before.

    The tile of `stage` is used in the last one; the others can be inlined. The chain ends before
    a stage whose number is in `excluded`.
    """
    chain: list[Stage] = []
    current = stage
    while not current.is_output:
        consumers = schedule.consumers(current)
        if len(consumers) != 1 or consumers[0].number in excluded:
            break
        if not _reads_pointwise(consumers[0], current):
            break
        current = consumers[0]
        chain.append(current)
    while chain and isinstance(chain[-1].attachment, Inlined):
        chain.pop()
    return chain


def _reads_pointwise(consumer: Stage, producer: Stage) -> bool:
    """Whether a point of the loops of `consumer` needs the same element of `producer` only."""
    op = consumer.op
    if not isinstance(op, ComputeOp) or not is_injective(consumer):
        return False
    reads = [read.indices for read in reads_of(op) if read.tensor.op is producer.op]
    if consumer.relations:
        loops = loop_indices(op, consumer.leaves, consumer.relations)
        return all(len(each) == len(loops) and all(map(equal, each, loops)) for each in reads)
    return all(len(each) == len(op.axis) and all(map(is_, each, op.axis)) for each in reads)


def is_injective(stage: Stage) -> bool:
    """Whether `stage` computes one output without a reduction."""
    op = stage.op
    return isinstance(op, ComputeOp) and len(op.bodies) == 1 and type(op.bodies[0]) is not Reduce


def is_shift(stage: StageState) -> bool:
    """Return whether `stage` adds a constant to the elements of a tensor, and converts them."""
    body = stage.op.bodies[0] if isinstance(stage.op, ComputeOp) else None
    while True:
        if type(body) is Cast:
            body = body.value
        elif type(body) is Add and type(body.b) is Const:
            body = body.a
        else:
            return type(body) is TensorRead


def is_conversion(stage: StageState) -> bool:
    """Return whether `stage` converts the elements of a tensor and does nothing else."""
    body = stage.op.bodies[0] if isinstance(stage.op, ComputeOp) else None
    return type(body) is Cast and type(body.value) is TensorRead


def is_movement(stage: StageState) -> bool:
    """Return whether `stage` has elements of tensors and constants, chosen by axes at most."""
    left = [*stage.op.bodies] if isinstance(stage.op, ComputeOp) else []
    is_any = bool(left)
    while left:
        body = left.pop()
        if type(body) is Select and not reads_data(body.condition):
            left += [body.then, body.otherwise]
        elif type(body) not in (TensorRead, Const):
            return False
    return is_any


def is_padding(stage: StageState) -> bool:
    """Return whether `stage` has values of the elements of a tensor, or else a constant."""
    body = stage.op.bodies[0] if isinstance(stage.op, ComputeOp) else None
    if type(body) is not Select or type(body.otherwise) is not Const:
        return False
    return sum(type(node) is TensorRead for node in walk(body)) == 1


def coefficient(index: Expr, axis: Axis) -> int:
    """Return how far `index` moves as `axis` grows by one; 0 where that is not a constant."""
    return to_linear(index).terms.get(axis, 0)
