"""Reads at an index from data that may lie outside of their tensor.

`A[idx[i]]` reads what memory says. Where neither the range of what is stored there nor a
condition around the read shows that the index is inside, it has to be checked or clamped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autosched.analysis.bounds import Span
from autosched.analysis.interval import prove
from autosched.ir.build import and_, const, le, lt, maximum, minimum, sub
from autosched.ir.expr import Expr, Var
from autosched.ir.structure import equal
from autosched.ir.traverse import postorder
from autosched.ir.visitor import Memo, children, rebuild, walk
from autosched.lowering.exact import Exact
from autosched.lowering.reached import conditions
from autosched.lowering.reads import tensor_reads
from autosched.schedule.rewrite import with_bodies
from autosched.te.bounds import reads_data
from autosched.te.operation import ComputeOp, TensorRead
from autosched.te.tensor import Tensor

ZERO = const(0)


@dataclass(frozen=True, slots=True, eq=False)
class DataIndex:
    """Index `dimension` of `read`, which is read where `condition` holds."""

    read: TensorRead
    dimension: int
    condition: Expr

    @property
    def index(self) -> Expr:
        return self.read.indices[self.dimension]

    @property
    def extent(self) -> Expr:
        return self.read.tensor.shape[self.dimension]

    def says_the_same(self, other: DataIndex) -> bool:
        """Whether the other is out of range exactly where this is."""
        pairs = (
            (self.index, other.index),
            (self.extent, other.extent),
            (self.condition, other.condition),
        )
        return all(equal(a, b) for a, b in pairs)


def data_indices(op: ComputeOp, spans: Mapping[Tensor, Span]) -> list[DataIndex]:
    """The indices from data in `op` not proved to be inside, those of inner reads first.

    `spans` are the ranges of the integers that tensors hold, where they are known.
    """
    needed = conditions(op.bodies)
    exact = Exact((*op.axes, *op.reduce_axis), spans)
    indices = [
        DataIndex(read, dimension, needed[id(read)])
        for read in postorder(op.bodies)
        if type(read) is TensorRead
        for dimension, index in enumerate(read.indices)
        if reads_data(index)
    ]
    return [each for each in indices if not _is_inside(each, exact)]


def gathers(op: ComputeOp) -> bool:
    """Whether `op` reads a tensor at an index from data."""
    return any(reads_data(index) for read in tensor_reads(op) for index in read.indices)


def _is_inside(index: DataIndex, exact: Exact) -> bool:
    bounds = exact.bounds.copy()
    for size in walk(index.extent):
        if isinstance(size, Var):
            bounds.add_range(size, 1, None)
    bounds.add_fact(exact.translated(index.condition, bounds))
    value = exact.translated(index.index, bounds)
    return prove(and_(le(ZERO, value), lt(value, index.extent)), bounds) is True


def clamped(op: ComputeOp, indices: Iterable[DataIndex], done: Memo) -> ComputeOp:
    """`op` reading the nearest element where one of the `indices` is outside.

    `done` is told what replaces each node of its bodies.
    """
    outside: dict[int, list[int]] = {}
    for each in indices:
        outside.setdefault(id(each.read), []).append(each.dimension)
    for node in postorder(op.bodies):
        new = rebuild(node, tuple(done[id(child)] for child in children(node)))
        if id(node) in outside:
            new = _nearest(new, outside[id(node)])
        done[id(node)] = new
    result = with_bodies(op, tuple(done[id(body)] for body in op.bodies))
    result.outputs = op.outputs
    return result


def _nearest(read: Expr, dimensions: list[int]) -> Expr:
    assert type(read) is TensorRead
    indices = list(read.indices)
    for dimension in dimensions:
        last = sub(read.tensor.shape[dimension], const(1))
        indices[dimension] = maximum(ZERO, minimum(indices[dimension], last))
    return TensorRead(read.tensor, tuple(indices), read.dtype)
