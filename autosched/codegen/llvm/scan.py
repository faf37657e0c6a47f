"""Facts about a loop nest that emission asks for, each computed once for a node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autosched.ir import expr as e
from autosched.ir import stmt as s
from autosched.ir.buffer import Buffer
from autosched.ir.update import update

Node = Any


def _none(node: Node) -> tuple[Node, ...]:
    return ()


def _pair(node: Node) -> tuple[Node, ...]:
    return node.a, node.b


def _masked(node: Node, *parts: Node) -> tuple[Node, ...]:
    parts = (*node.indices, *parts)
    return parts if node.mask is None else (*parts, node.mask)


def _present(*parts: Node) -> tuple[Node, ...]:
    return tuple(part for part in parts if part is not None)


_CHILDREN: dict[type, Callable[[Node], tuple[Node, ...]]] = {
    e.Const: _none,
    e.Cast: lambda node: (node.value,),
    e.Broadcast: lambda node: (node.value,),
    e.Ramp: lambda node: (node.base,),
    e.Not: lambda node: (node.a,),
    e.Select: lambda node: (node.condition, node.then, node.otherwise),
    e.Call: lambda node: node.args,
    e.Load: _masked,
    s.Block: lambda node: node.stmts,
    s.For: lambda node: (node.start, node.extent, node.body),
    s.If: lambda node: tuple(
        n for n in (node.condition, node.then, node.otherwise) if n is not None
    ),
    s.Store: lambda node: _masked(node, node.value),
    s.Allocate: lambda node: (*node.buffer.shape, node.body),
}


def children(node: Node) -> tuple[Node, ...]:
    """The expressions and statements right below a node."""
    of = _CHILDREN.get(type(node))
    if of is None:
        of = _CHILDREN[type(node)] = _none if isinstance(node, e.Var) else _pair
    return of(node)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


class Facts:
    """Answers kept for the nodes of one function, which live as long as this does."""

    def __init__(self) -> None:
        self._reads: dict[int, bool] = {}
        self._writes: dict[int, tuple[Buffer, ...]] = {}
        self._updates: dict[int, tuple[e.Load, e.Expr] | None] = {}

    def reads_memory(self, expr: e.Expr) -> bool:
        """Whether evaluating `expr` loads anything, so that it must not run for nothing."""
        answer = self._reads.get(id(expr))
        if answer is None:
            answer = any(type(node) is e.Load for node in walk(expr))
            self._reads[id(expr)] = answer
        return answer

    def written(self, stmt: s.Stmt) -> tuple[Buffer, ...]:
        """The buffers that `stmt` stores to."""
        answer = self._writes.get(id(stmt))
        if answer is None:
            answer = tuple({node.buffer: None for node in walk(stmt) if type(node) is s.Store})
            self._writes[id(stmt)] = answer
        return answer

    def update(self, store: s.Store) -> tuple[e.Load, e.Expr] | None:
        """The place that a reduction's update reads and writes, and what it combines into it."""
        if id(store) not in self._updates:
            self._updates[id(store)] = update(store)
        return self._updates[id(store)]


def used(stmt: s.Stmt) -> tuple[list[e.Var], list[Buffer]]:
    """The variables and the buffers a statement mentions, in order of their first use."""
    variables: dict[e.Var, None] = {}
    buffers: dict[Buffer, None] = {}

    def look(node: Node) -> None:
        for part in walk(node):
            if isinstance(part, e.Var):
                variables[part] = None
            elif type(part) in (e.Load, s.Store) and part.buffer not in buffers:
                buffers[part.buffer] = None
                for extent in (*part.buffer.shape, *(part.buffer.strides or ())):
                    look(extent)

    look(stmt)
    return list(variables), list(buffers)


def is_plain(stmt: s.Stmt) -> bool:
    """Whether a loop body is scalar, straight code: one that LLVM may vectorize and unroll."""
    for node in walk(stmt):
        if type(node) is s.For or (isinstance(node, e.Expr) and node.dtype.lanes > 1):
            return False
    return True
