"""Rewrites expressions and statements with parts replaced.

New nodes are made by the folding constructors; a node below which nothing changes is kept.
Expressions may be thousands of operations deep, and a shared node is
rewritten once; statements nest only as deep as loops do, so walks over them recurse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import is_
from typing import Any, TypeVar

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.expr import Address, Buffer, Expr, Load, Operand, Var
from autosched.ir.node_types import NODE_TYPES, Exprs
from autosched.ir.pragma import Prefetched, find
from autosched.ir.stmt import (
    Allocate,
    Block,
    CallExternal,
    For,
    If,
    IntrinsicCall,
    Stmt,
    Store,
    block,
)
from autosched.ir.traverse import postorder

MOST_NESTED = 100
"""Depth to which `map_expr` recurses; deeper nodes take a stack, which is slower."""

Memo = dict[Expr, Expr]
Node = TypeVar("Node", Expr, Stmt)
"""The type of a node: replacement in an expression gives an expression, in a Stmt a Stmt."""
AnyVar = TypeVar("AnyVar", bound=Var)
"""The type of replaced variables, which may be axes."""


def rebuild(expr: Expr, operands: Exprs) -> Expr:
    """Return `expr` with other operands, folded; `expr` itself if they are the same nodes."""
    kind = NODE_TYPES[type(expr)]
    if all(map(is_, operands, kind.children(expr))):
        return expr
    return kind.rebuild(expr, operands)


def map_expr(
    expr: Expr, fn: Callable[[Expr], Expr] | None = None, memo: Memo | None = None
) -> Expr:
    """Rebuild `expr` bottom-up, replacing each node by `fn(node)` after its operands.

    A node met twice is mapped once. `memo` maps nodes to their replacements.
    """
    done: Memo = {} if memo is None else memo
    known = done.get(expr)
    return _mapped(expr, fn, done, 0) if known is None else known


def _mapped(node: Expr, fn: Callable[[Expr], Expr] | None, done: Memo, depth: int) -> Expr:
    kind = NODE_TYPES[type(node)]
    changed, new = False, []
    for operand in kind.children(node):
        other = done.get(operand)
        if other is None:
            if depth == MOST_NESTED:
                for below in postorder((operand,), done=done):
                    _mapped(below, fn, done, depth)
                other = done[operand]
            else:
                other = _mapped(operand, fn, done, depth + 1)
        if other is not operand:
            changed = True
        new.append(other)
    result = kind.rebuild(node, tuple(new)) if changed else node
    if fn is not None:
        result = fn(result)
    done[node] = result
    return result


class StmtMutator:
    """Rebuilds statements; subclass it and override the visits that differ.

    `expr` is applied to every expression that stands in a statement. A statement that
    becomes empty is dropped, a condition or an extent that becomes constant is folded, and an
    unchanged statement is returned as it is.
    """

    def expr(self, expr: Expr) -> Expr:
        return expr

    def where(self, condition: Expr, stmt: Stmt) -> StmtMutator:
        """Return the mutator for `stmt`, which runs only if `condition` holds."""
        return self

    def stmt(self, stmt: Stmt) -> Stmt:
        return _VISITS[type(stmt)](self, stmt)

    def visit_block(self, stmt: Block) -> Stmt:
        new = [self.stmt(child) for child in stmt.stmts]
        return stmt if all(map(is_, new, stmt.stmts)) else block(*new)

    def visit_for(self, stmt: For) -> Stmt:
        start, extent = self.expr(stmt.start), self.expr(stmt.extent)
        body = self.stmt(stmt.body)
        if start is stmt.start and extent is stmt.extent and body is stmt.body:
            return stmt
        if is_empty(body) or (type(extent) is e.Const and extent.value <= 0):
            return block()
        return For(stmt.var, start, extent, stmt.kind, body, stmt.pragmas)

    def visit_if(self, stmt: If) -> Stmt:
        condition = self.expr(stmt.condition)
        if type(condition) is e.Const:
            if condition.value:
                return self.stmt(stmt.then)
            return block() if stmt.otherwise is None else self.stmt(stmt.otherwise)
        then, otherwise = self.where(condition, stmt.then).stmt(stmt.then), None
        if stmt.otherwise is not None:
            outside = self.where(build.not_(condition), stmt.otherwise)
            otherwise = outside.stmt(stmt.otherwise)
        if condition is stmt.condition and then is stmt.then and otherwise is stmt.otherwise:
            return stmt
        if otherwise is not None and is_empty(otherwise):
            otherwise = None
        if not is_empty(then):
            return If(condition, then, otherwise)
        return block() if otherwise is None else If(build.not_(condition), otherwise)

    def visit_store(self, stmt: Store) -> Stmt:
        indices = tuple(map(self.expr, stmt.indices))
        value = self.expr(stmt.value)
        mask = None if stmt.mask is None else self.expr(stmt.mask)
        if all(map(is_, indices, stmt.indices)) and value is stmt.value and mask is stmt.mask:
            return stmt
        return Store(stmt.buffer, indices, value, mask)

    def visit_allocate(self, stmt: Allocate) -> Stmt:
        body = self.stmt(stmt.body)
        if body is stmt.body:
            return stmt
        return block() if is_empty(body) else Allocate(stmt.buffer, body)

    def visit_call_external(self, stmt: CallExternal) -> Stmt:
        args = tuple(self.expr(arg) if isinstance(arg, Expr) else arg for arg in stmt.args)
        if all(map(is_, args, stmt.args)):
            return stmt
        return CallExternal(stmt.function, args, stmt.language, stmt.result)

    def visit_intrinsic_call(self, stmt: IntrinsicCall) -> Stmt:
        definition, body = self.stmt(stmt.definition), self.stmt(stmt.body)
        if definition is stmt.definition and body is stmt.body:
            return stmt
        return block() if is_empty(definition) else IntrinsicCall(stmt.name, definition, body)


_VISITS: dict[type, Callable[[Any, Any], Stmt]] = {
    Block: lambda mutator, stmt: mutator.visit_block(stmt),
    For: lambda mutator, stmt: mutator.visit_for(stmt),
    If: lambda mutator, stmt: mutator.visit_if(stmt),
    Store: lambda mutator, stmt: mutator.visit_store(stmt),
    Allocate: lambda mutator, stmt: mutator.visit_allocate(stmt),
    CallExternal: lambda mutator, stmt: mutator.visit_call_external(stmt),
    IntrinsicCall: lambda mutator, stmt: mutator.visit_intrinsic_call(stmt),
}


def is_empty(stmt: Stmt) -> bool:
    return type(stmt) is Block and not stmt.stmts


def replace_nodes(stmt: Stmt, new: Mapping[Expr, Expr]) -> Stmt:
    """Replace the expression nodes in `new`, but not in shapes of allocated buffers."""
    return _ReplaceNodes(new).stmt(stmt) if new else stmt


def replace_buffers(stmt: Stmt, new: Mapping[Buffer, Buffer]) -> Stmt:
    """Replace buffers that `stmt` does not allocate; they have the same shapes."""
    return _Substitute({}, dict(new)).stmt(stmt)


def substitute(node: Node, values: Mapping[AnyVar, Operand]) -> Node:
    """Replace each variable of `values` in `node`; return the same node if none occurs.

    All are replaced at once. The variables must be free in `node`: a loop that binds one of them
    keeps it. Variables in shapes of allocated buffers are replaced too.
    """
    return _Substitute(values, {}).either(node)


class _ReplaceNodes(StmtMutator):
    def __init__(self, new: Mapping[Expr, Expr]):
        self._memo = dict(new)

    def expr(self, expr: Expr) -> Expr:
        return map_expr(expr, memo=self._memo)


def _seeds(values: Mapping[Var, Operand]) -> dict[Expr, Expr]:
    return {
        var: value
        if isinstance(value, Expr) and value.dtype is var.dtype
        else build.cast(build.as_expr(value, var.dtype), var.dtype)
        for var, value in values.items()
    }


class _Substitute(StmtMutator):
    def __init__(self, values: Mapping[Any, Operand], buffers: dict[Buffer, Buffer]):
        self._values = values
        self._buffers = buffers
        self._forget()

    def either(self, node: Expr | Stmt) -> Any:
        return self.expr(node) if isinstance(node, Expr) else self.stmt(node)

    def _forget(self) -> None:
        self._memo = _seeds(self._values)

    def expr(self, expr: Expr) -> Expr:
        return map_expr(expr, self._moved if self._buffers else None, self._memo)

    def _moved(self, expr: Expr) -> Expr:
        if type(expr) is Load and expr.buffer in self._buffers:
            return Load(self._buffers[expr.buffer], expr.indices, expr.dtype, expr.mask)
        if type(expr) is Address and expr.buffer in self._buffers:
            return Address(self._buffers[expr.buffer], expr.indices, expr.shape, expr.strides)
        return expr

    def visit_for(self, stmt: For) -> Stmt:
        stmt = self._with_moved_prefetches(stmt)
        if stmt.var not in self._values:
            return super().visit_for(stmt)
        others = {var: value for var, value in self._values.items() if var is not stmt.var}
        start, extent = self.expr(stmt.start), self.expr(stmt.extent)
        body = _Substitute(others, self._buffers).stmt(stmt.body)
        return For(stmt.var, start, extent, stmt.kind, body, stmt.pragmas)

    def _with_moved_prefetches(self, stmt: For) -> For:
        if not self._buffers or find(stmt.pragmas, Prefetched) is None:
            return stmt
        get = self._buffers.get
        pragmas = tuple(
            Prefetched(tuple(replace(a, source=get(a.source, a.source)) for a in pragma.value))
            if type(pragma) is Prefetched
            else pragma
            for pragma in stmt.pragmas
        )
        return For(stmt.var, stmt.start, stmt.extent, stmt.kind, stmt.body, pragmas)

    def visit_store(self, stmt: Store) -> Stmt:
        new = super().visit_store(stmt)
        if isinstance(new, Store) and new.buffer in self._buffers:
            return Store(self._buffers[new.buffer], new.indices, new.value, new.mask)
        return new

    def visit_allocate(self, stmt: Allocate) -> Stmt:
        buffer = self.buffer(stmt.buffer)
        if buffer is stmt.buffer:
            return super().visit_allocate(stmt)
        self._buffers[stmt.buffer] = buffer
        self._forget()  # loads of the old buffer may stand in it
        return Allocate(buffer, self.stmt(stmt.body))

    def visit_call_external(self, stmt: CallExternal) -> Stmt:
        get = self._buffers.get
        args = tuple(
            self.expr(arg) if isinstance(arg, Expr) else get(arg, arg) for arg in stmt.args
        )
        return CallExternal(stmt.function, args, stmt.language, stmt.result)

    def buffer(self, buffer: Buffer) -> Buffer:
        shape = tuple(map(self.expr, buffer.shape))
        strides = None if buffer.strides is None else tuple(map(self.expr, buffer.strides))
        if all(map(is_, (*shape, *(strides or ())), (*buffer.shape, *(buffer.strides or ())))):
            return buffer
        return Buffer(buffer.name, shape, buffer.dtype, buffer.scope, strides, buffer.copies)
