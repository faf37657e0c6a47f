"""Visiting the nodes of expressions operands first, without recursion."""

from __future__ import annotations

from collections.abc import Iterable

from autosched.ir.expr import Expr
from autosched.ir.visitor import children


def postorder(roots: Iterable[Expr]) -> list[Expr]:
    """Every node below the roots, each once, after its operands; the same order every time."""
    done: set[int] = set()
    order: list[Expr] = []
    stack = [(root, False) for root in reversed(tuple(roots))]
    while stack:
        node, entered = stack.pop()
        if id(node) in done:
            continue
        if entered:
            done.add(id(node))
            order.append(node)
            continue
        stack.append((node, True))
        stack += [(child, False) for child in reversed(children(node)) if id(child) not in done]
    return order
