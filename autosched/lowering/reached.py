"""Where the nodes of an expression are evaluated: the conditions around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autosched.ir.build import and_, const, not_, or_
from autosched.ir.expr import Expr, Select
from autosched.ir.traverse import children, postorder
from autosched.te.operation import Reduce


def conditions(bodies: Iterable[Expr]) -> dict[int, Expr]:
    """Of each node, by its id, the condition under which its value is needed.

    A branch of a choice is needed where it is taken, the sources of a reduction where its
    condition holds. A node that several places share is needed where one of them needs it.
    """
    roots = tuple(bodies)
    needed: dict[int, Expr] = {id(root): const(True) for root in roots}
    for node in reversed(postorder(roots)):
        for operand, condition in _operands(node, needed[id(node)]):
            before = needed.get(id(operand))
            if before is not condition:
                either = condition if before is None else or_(before, condition)
                needed[id(operand)] = either
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
