"""Visiting the nodes of expressions operands first, and recursion, on stacks of our own.

Python's own stack ends after a few hundred nested operations.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

from autosched.ir.expr import Binary, Expr
from autosched.ir.visitor import children

Operands = Callable[[Any], tuple[Expr, ...]]
Steps = Generator[tuple[Any, ...], Any, Any]
"""A recursive function under way: it yields the arguments of each call of itself that it
needs, is sent the result, and returns its own."""

SMALL = 100


def postorder(roots: Iterable[Expr], operands: Operands = children) -> list[Expr]:
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
        stack += [(child, False) for child in reversed(operands(node)) if id(child) not in done]
    return order


def is_small(roots: Iterable[Expr]) -> bool:
    """Whether the roots, written out as trees, are so few nodes that any walk may visit them."""
    stack = list(roots)
    for _ in range(SMALL):
        if not stack:
            return True
        stack += children(stack.pop())
    return False


def chained(expr: Expr, kind: type[Binary]) -> list[Expr]:
    """What a chain of operations of `kind` combines, in order; each of its nodes once."""
    found: dict[Expr, None] = {}
    met: set[Expr] = set()
    stack = [expr]
    while stack:
        node = stack.pop()
        if type(node) is not kind:
            found[node] = None
        elif node not in met:
            met.add(node)
            stack += (node.b, node.a)
    return list(found)


def recurse(function: Callable[..., Steps], *arguments: Any) -> Any:
    """The result of `function(*arguments)`, however deep its calls of itself nest."""
    stack, value = [function(*arguments)], None
    while stack:
        try:
            wanted = stack[-1].send(value)
        except StopIteration as end:
            stack.pop()
            value = end.value
        else:
            stack.append(function(*wanted))
            value = None
    return value
