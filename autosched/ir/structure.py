"""Equality of expressions by content: the same operations on the same variables and buffers.

Variables, tensors and buffers are compared by identity: two may share a name, so text is no key.
The time is proportional to the number of nodes, also for shared and deep expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from autosched.ir.expr import Binary, Const, Expr
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.traverse import postorder

_UNUSED = count()


def equal(a: Expr, b: Expr) -> bool:
    """Tell whether two expressions have the same content; fast where they share most nodes."""
    stack = [(a, b)]
    met: set[tuple[int, int]] = set()
    while stack:
        one, two = stack.pop()
        if one is two or (id(one), id(two)) in met:
            continue
        pairs = _operand_pairs(one, two)
        if pairs is None:
            return False
        if pairs:
            met.add((id(one), id(two)))
            stack += pairs
    return True


def _operand_pairs(a: Any, b: Any) -> Sequence[tuple[Expr, Expr]] | None:
    """Return the pairs of operands that must be equal for `a` to equal `b`; None if it cannot."""
    kind = type(a)
    if kind is not type(b) or a.dtype is not b.dtype:
        return None
    if isinstance(a, Binary):
        return (a.a, b.a), (a.b, b.b)
    if kind is Const:
        return () if repr(a.value) == repr(b.value) else None  # tells -0.0 from 0.0
    about = NODE_TYPES[kind]
    if about.attributes(a) != about.attributes(b):
        return None
    operands = about.children(a), about.children(b)
    return list(zip(*operands, strict=True)) if len(operands[0]) == len(operands[1]) else None


class ExprKeys:
    """Numbers expressions; those with the same content have the same number.

    A number means something only beside others of the same `ExprKeys`.
    """

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._known: dict[Expr, Any] = {}

    def of(self, expr: Expr) -> int:
        """Return the number of `expr`."""
        return number_nodes(expr, self._numbers, self._known)


def number_nodes(root: Expr, numbers: dict[Any, int], known: dict[Expr, Any]) -> int:
    """Return a number for `root`: one for all expressions with the same content.

    `numbers` maps contents to numbers; only those made with the same `numbers` can be compared.
    `known` holds the nodes that have a key already, and takes those of the nodes below `root`.
    """
    if root not in known:
        for node in postorder((root,), done=known):
            kind = NODE_TYPES[type(node)]
            operands = [known[operand] for operand in kind.children(node)]
            content = (type(node), node.dtype, kind.attributes(node), *operands)
            known[node] = numbers.setdefault(content, next(_UNUSED))
    number: int = known[root]
    return number
