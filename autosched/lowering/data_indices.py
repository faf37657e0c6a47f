"""Finds indices from data that may lie outside their tensor.

The index in `A[idx[i]]` comes from memory. It must be checked or clamped unless the range of the
values in memory or a condition around the read proves that it is inside.
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
    """An index from data, which is used only if `condition` holds."""

    mark: Inside
    condition: Expr

    def says_the_same(self, other: DataIndex) -> bool:
        """Tell whether both are out of range at exactly the same points."""
        return equal(self.mark, other.mark) and equal(self.condition, other.condition)


def data_indices(op: ComputeOp, spans: Mapping[Tensor, Span]) -> list[DataIndex]:
    """Return the marked indices in `op` that are not proved to be inside, inner reads first.

    `spans` are the known ranges of the integers in tensors.
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
    """Return `op` without marks of indices; those that may be `outside` are clamped.

    `done` gets the replacement of each node of the bodies.
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
    """Return for each node the condition under which its value is needed.

    A branch of a Select is needed if it is taken, the sources of a reduction if its condition
    holds. A node with several uses is needed if one of them needs it.
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
        yield node.relevant, here
        for source in node.sources:
            yield source, and_(here, node.condition)
        for start in node.initial or ():
            yield start, here
    else:
        for operand in children(node):
            yield operand, here
