"""Indices from data that may lie outside of the tensor they are meant for.

`A[idx[i]]` reads what memory says. Where neither the range of what is stored there nor a
condition around the read shows that the index is inside, it has to be checked or clamped.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from autosched.analysis.bounds import Span
from autosched.analysis.simplify import prove
from autosched.ir.build import and_, const, le, lt, maximum, minimum, not_, or_, sub
from autosched.ir.expr import Expr, Select
from autosched.ir.rewrite import Memo, rebuild
from autosched.ir.structure import equal
from autosched.ir.traverse import children, postorder
from autosched.lowering.exact import Exact
from autosched.schedule.rewrite import with_bodies
from autosched.te.bounds import Inside
from autosched.te.tensor import ComputeOp, Reduce, Tensor

ZERO = const(0)


@dataclass(frozen=True, slots=True, eq=False)
class DataIndex:
    """An index that is read at where `condition` holds."""

    mark: Inside
    condition: Expr

    def says_the_same(self, other: DataIndex) -> bool:
        """Whether both are out of range at exactly the same points."""
        return equal(self.mark, other.mark) and equal(self.condition, other.condition)


def data_indices(op: ComputeOp, spans: Mapping[Tensor, Span]) -> list[DataIndex]:
    """The marked indices in `op` not proved to be inside, those of inner reads first.

    `spans` are the ranges of the integers that tensors hold, where they are known.
    """
    needed = conditions(op.bodies)
    exact = Exact((*op.axes, *op.reduce_axis), spans)
    marks = [node for node in postorder(op.bodies) if type(node) is Inside]
    indices = [DataIndex(mark, needed[mark]) for mark in marks]
    return [each for each in indices if not _is_inside(each, exact)]


def _is_inside(index: DataIndex, exact: Exact) -> bool:
    bounds = exact.bounds.copy()
    bounds.add_fact(exact.translated(index.condition, bounds))
    value = exact.translated(index.mark.index, bounds)
    extent = exact.size(index.mark.extent, bounds)
    return prove(and_(le(ZERO, value), lt(value, extent)), bounds) is True


def unmarked(op: ComputeOp, outside: Container[Inside], done: Memo) -> ComputeOp:
    """`op` with its indices as they are, those that may be `outside` clamped.

    `done` is told what replaces each node of its bodies.
    """
    for node in postorder(op.bodies):
        new = rebuild(node, tuple(done[child] for child in children(node)))
        if type(new) is Inside:
            new = _nearest(new) if node in outside else new.index
        done[node] = new
    result = with_bodies(op, tuple(done[body] for body in op.bodies))
    result.outputs = op.outputs
    return result


def _nearest(mark: Inside) -> Expr:
    return maximum(ZERO, minimum(mark.index, sub(mark.extent, const(1))))


def conditions(bodies: Iterable[Expr]) -> dict[Expr, Expr]:
    """Return for each node, by its id, the condition under which its value is needed.

    A branch of a choice is needed where it is taken, the sources of a reduction where its
    condition holds. A node that several places share is needed where one of them needs it.
    """
    roots = tuple(bodies)
    needed: dict[Expr, Expr] = {root: const(True) for root in roots}
    for node in reversed(postorder(roots)):
        for operand, condition in _operands(node, needed[node]):
            before = needed.get(operand)
            if before is not condition:
                either = condition if before is None else or_(before, condition)
                needed[operand] = either
    return needed


def _operands(node: Expr, here: Expr) -> Iterator[tuple[Expr, Expr]]:
    if type(node) is Select:
        yield node.condition, here
        yield node.then, and_(here, node.condition)
        yield node.otherwise, and_(here, not_(node.condition))
    elif type(node) is Reduce:
        yield node.condition, here
        for source in node.sources:
            yield source, and_(here, node.condition)
        for start in node.initial or ():
            yield start, here
    else:
        for operand in children(node):
            yield operand, here
