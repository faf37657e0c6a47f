"""Functions that are equal if they have the same content, whatever their nodes are.

Nodes are numbered in the order of their first appearance, so that a variable or a buffer of one
function stands for that of another. Functions that share other nodes between equal expressions
differ, as do pragmas that name buffers and calls of functions outside.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from autosched.ir.expr import Address, Buffer, Expr, Load, Var
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.stmt import Allocate, CallExternal, For, Function, Stmt, Store
from autosched.ir.traverse import child_stmts, own_exprs, postorder


class Keyed:
    """A function as a key: one that is equal has the same code after the same passes."""

    __slots__ = ("_hash", "_parts", "function", "outside")

    def __init__(self, function: Function) -> None:
        found = _Numbered()
        self.function = function
        self._parts = _parts(function, found)
        self._hash = hash(self._parts)
        self.outside = [each for each in found.buffers if each not in found.allocated]
        """The buffers that the function does not allocate, in the order of their appearance."""

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and self._parts == other._parts


def _parts(function: Function, found: _Numbered) -> tuple[Hashable, ...]:
    params, outputs = (tuple(map(found.buffer, b)) for b in (function.params, function.outputs))
    sizes = tuple(map(found.expr, function.sizes))
    found.stmt(function.body)
    return function.name, params, outputs, sizes, *found.parts


class _Numbered:
    def __init__(self) -> None:
        self.parts: list[Hashable] = []
        """The content of each node, with numbers in place of the nodes that it has."""
        self.buffers: list[Buffer] = []
        self.allocated: set[Buffer] = set()
        self._numbers: dict[Any, int] = {}

    def stmt(self, stmt: Stmt) -> None:
        own: tuple[Hashable, ...] = ()
        if isinstance(stmt, Store | Allocate):
            own = (self.buffer(stmt.buffer),)
            if isinstance(stmt, Allocate):
                self.allocated.add(stmt.buffer)
        elif isinstance(stmt, For):
            own = self.expr(stmt.var), stmt.kind, stmt.pragmas
        elif isinstance(stmt, CallExternal):
            own = (stmt,)
        operands = tuple(map(self.expr, own_exprs(stmt)))
        inner = child_stmts(stmt)
        self.parts.append((type(stmt), own, operands, len(inner)))
        for child in inner:
            self.stmt(child)

    def expr(self, root: Expr) -> int:
        numbers = self._numbers
        if root not in numbers:
            for node in postorder((root,), done=numbers):
                self.parts.append(self._content(node))
                numbers[node] = len(numbers)
        return numbers[root]

    def buffer(self, buffer: Buffer) -> int:
        if buffer not in self._numbers:
            shape, strides = (
                tuple(map(self.expr, e or ())) for e in (buffer.shape, buffer.strides)
            )
            facts = buffer.name, buffer.dtype, buffer.scope, buffer.copies
            self.parts.append((*facts, shape, strides))
            self._numbers[buffer] = len(self._numbers)
            self.buffers.append(buffer)
        return self._numbers[buffer]

    def _content(self, node: Expr) -> Hashable:
        kind = type(node)
        if isinstance(node, Var):
            return kind, node.dtype, node.name
        about, numbers = NODE_TYPES[kind], self._numbers
        operands = tuple([numbers[operand] for operand in about.children(node)])
        if isinstance(node, Load | Address):
            return kind, node.dtype, self.buffer(node.buffer), operands
        return kind, node.dtype, about.attributes(node), operands
