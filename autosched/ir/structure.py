"""Equality and hash by content, up to the names of bound variables and allocated buffers.

A node becomes a sequence of keys in which every distinct expression is a number, so that
shared and deep expressions cost no more than their size. Free variables and buffers stand
for themselves; those bound inside count in the order of their binding. Hashes hold within
one process. `ExprKeys` gives those numbers to whoever groups expressions by content; the
text of an expression is no key, since two variables may share a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autosched.ir.buffer import Buffer
from autosched.ir.expr import Const, Expr
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.stmt import PREFETCH, Allocate, Block, For, Function, If, Stmt, Store
from autosched.ir.visitor import bottom_up, own_exprs

Node = Expr | Stmt | Function


def equal(a: Node, b: Node) -> bool:
    """Whether `a` and `b` are the same program but for the names they bind."""
    if a is b:
        return True
    if type(a) is Const and type(b) is Const:
        attributes = NODE_TYPES[Const].attributes
        return a.dtype is b.dtype and attributes(a) == attributes(b)
    numbers: dict[object, int] = {}
    return list(_Content(numbers).of(a)) == list(_Content(numbers).of(b))


def structural_hash(node: Node) -> int:
    """A hash that equal nodes share."""
    numbers: dict[object, int] = {}
    content = list(_Content(numbers).of(node))
    return hash((*numbers, *content))


class ExprKeys:
    """Numbers for expressions: one number for all that are structurally equal.

    Variables, tensors and buffers stand for themselves, whatever they are called. A number
    means something only beside others of the same `ExprKeys`.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._memo: dict[int, int] = {}
        self._roots: list[Expr] = []

    def of(self, expr: Expr) -> int:
        """The number of `expr`."""
        number = self._memo.get(id(expr))
        if number is None:
            self._roots.append(expr)  # an identity in the memo must not be given away
            number = _number(expr, self._memo, self._numbers, _itself)
        return number


class _Content:
    """The keys of one node; `numbers`, key to number, is shared by what is to be compared."""

    def __init__(self, numbers: dict[object, int]):
        self._numbers = numbers
        self._bound: dict[object, int] = {}
        self._bindings = 0
        self._memo: dict[int, int] = {}

    def of(self, node: Node) -> Iterator[object]:
        if isinstance(node, Expr):
            yield self._expr(node)
        elif isinstance(node, Function):
            yield from self._function(node)
        else:
            yield from self._stmt(node)

    def _function(self, function: Function) -> Iterator[object]:
        for size in function.sizes:
            self._bind(size)
            yield "size", size.dtype
        for buffer in function.params:
            yield "param", buffer in function.outputs, *self._shape(buffer)
            self._bind(buffer)
        yield function.pragmas
        yield from self._stmt(function.body)

    def _stmt(self, root: Stmt) -> Iterator[object]:
        stack: list[Any] = [root]
        while stack:
            stmt = stack.pop()
            match stmt:
                case Block(stmts):
                    yield Block, len(stmts)
                    stack += reversed(stmts)
                case For():
                    pragmas = tuple(map(self._pragma, stmt.pragmas))
                    yield For, stmt.kind, pragmas, stmt.var.dtype, *self._own(stmt)
                    self._bind(stmt.var)
                    stack += [_Unbind(stmt.var), stmt.body]
                case If():
                    yield If, stmt.otherwise is not None, *self._own(stmt)
                    stack += [stmt.then] if stmt.otherwise is None else [stmt.otherwise, stmt.then]
                case Store():
                    yield Store, self._name(stmt.buffer), stmt.mask is None, *self._own(stmt)
                case Allocate():
                    yield Allocate, *self._shape(stmt.buffer)
                    self._bind(stmt.buffer)
                    stack += [_Unbind(stmt.buffer), stmt.body]
                case _Unbind(thing=thing):
                    self._bound.pop(thing, None)
                    self._memo.clear()

    def _bind(self, thing: object) -> None:
        # What was numbered before may hold the variable as another binding or as free.
        self._memo.clear()
        self._bound[thing] = self._bindings
        self._bindings += 1

    def _own(self, stmt: Stmt) -> list[int]:
        return [self._expr(expr) for expr in own_exprs(stmt)]

    def _shape(self, buffer: Buffer) -> tuple[object, ...]:
        shape = tuple(map(self._expr, buffer.shape))
        strides = None if buffer.strides is None else tuple(map(self._expr, buffer.strides))
        return buffer.dtype, buffer.scope, shape, strides, buffer.copies

    def _name(self, thing: object) -> object:
        number = self._bound.get(thing)
        return thing if number is None else ("bound", number)

    def _pragma(self, pragma: tuple[str, object]) -> tuple[object, ...]:
        key, value = pragma
        if key != PREFETCH or not isinstance(value, tuple):
            return key, value
        return key, *((self._name(ahead.source), ahead.steps) for ahead in value)

    def _expr(self, root: Expr) -> int:
        return _number(root, self._memo, self._numbers, self._name)


def _number(
    root: Expr,
    memo: dict[int, int],
    numbers: dict[object, int],
    name: Callable[[object], object],
) -> int:
    for node in bottom_up(root, memo):
        kind = NODE_TYPES[type(node)]
        attributes = tuple(map(name, kind.attributes(node)))
        operands = (memo[id(operand)] for operand in kind.children(node))
        key = (type(node).__name__, node.dtype, attributes, *operands)
        memo[id(node)] = numbers.setdefault(key, len(numbers))
    return memo[id(root)]


def _itself(thing: object) -> object:
    return thing


class _Unbind:
    """The end of the scope of a variable or a buffer."""

    def __init__(self, thing: object):
        self.thing = thing
