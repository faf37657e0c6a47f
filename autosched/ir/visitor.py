"""Walks over trees: rebuilding, substitution, free variables, iteration.

Rebuilding goes through the folding constructors and returns the very node it was given
where nothing below it changed. Walks over expressions are iterative and visit a shared
node once; statements nest only as deep as loops do, so walks over them recurse.
`traverse` has walks over other operands than a node's children.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, KeysView, Mapping
from typing import Any, TypeVar

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.buffer import Buffer
from autosched.ir.expr import Expr, Load, Operand, Var
from autosched.ir.node_types import NODE_TYPES, Exprs
from autosched.ir.node_types import register as register
from autosched.ir.stmt import PREFETCH, Allocate, Block, For, If, Prefetched, Stmt, Store, block

_ROOM = 100
"""How deep `map_expr` recurses, which is faster than a stack of its own, before it turns to one."""

Memo = dict[int, Expr]
Node = TypeVar("Node", Expr, Stmt)
"""Replacing in an expression gives an expression, in a statement a statement."""
AnyVar = TypeVar("AnyVar", bound=Var)
"""A mapping from axes is one from variables too."""


def children(expr: Expr) -> Exprs:
    """The operands of `expr`, in order."""
    return NODE_TYPES[type(expr)].children(expr)


def rebuild(expr: Expr, operands: Exprs) -> Expr:
    """`expr` with other operands, folded; itself where they are the same nodes."""
    kind = NODE_TYPES[type(expr)]
    if all(map(_is, operands, kind.children(expr))):
        return expr
    return kind.rebuild(expr, operands)


def map_expr(
    expr: Expr, fn: Callable[[Expr], Expr] | None = None, memo: Memo | None = None
) -> Expr:
    """`expr` rebuilt bottom-up, each node replaced by `fn(node)` once its operands are.

    A node met twice is mapped once. `memo` maps the identity of a node to its replacement;
    one that is passed in must not outlive the nodes it was filled from.
    """
    done: Memo = {} if memo is None else memo
    get = done.get

    def mapped(node: Expr, room: int) -> Expr:
        kind = NODE_TYPES[type(node)]
        changed, new = False, []
        for operand in kind.children(node):
            other = get(id(operand))
            if other is None:
                other = mapped(operand, room - 1) if room else from_below(operand)
            if other is not operand:
                changed = True
            new.append(other)
        result = kind.rebuild(node, tuple(new)) if changed else node
        if fn is not None:
            result = fn(result)
        done[id(node)] = result
        return result

    def from_below(root: Expr) -> Expr:
        for node in bottom_up(root, done):
            mapped(node, 0)
        return done[id(root)]

    known = get(id(expr))
    return mapped(expr, _ROOM) if known is None else known


def bottom_up(root: Expr, done: Container[int]) -> Iterator[Expr]:
    """The nodes below `root` and itself, operands first, but for those whose id is in `done`.

    The caller adds the id of each node to `done` before it takes the next one.
    """
    stack = [root]
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        missing = [x for x in NODE_TYPES[type(node)].children(node) if id(x) not in done]
        if missing:
            stack += reversed(missing)
        else:
            stack.pop()
            yield node


def walk(node: Expr | Stmt) -> Iterator[Expr]:
    """Every expression node below `node` and itself, parents first, each once."""
    seen: set[int] = set()
    for root in (node,) if isinstance(node, Expr) else _all_roots(node):
        stack = [root]
        while stack:
            expr = stack.pop()
            if id(expr) not in seen:
                seen.add(id(expr))
                yield expr
                stack += reversed(NODE_TYPES[type(expr)].children(expr))


def own_exprs(stmt: Stmt) -> Exprs:
    """The expressions that stand in `stmt` itself, not in the statements inside it."""
    match stmt:
        case Store():
            return (*stmt.indices, stmt.value, *_optional(stmt.mask))
        case For():
            return stmt.start, stmt.extent
        case If():
            return (stmt.condition,)
        case Allocate():
            return (*stmt.buffer.shape, *(stmt.buffer.strides or ()))
    return ()


def child_stmts(stmt: Stmt) -> tuple[Stmt, ...]:
    """The statements directly inside `stmt`, in order."""
    match stmt:
        case Block():
            return stmt.stmts
        case For() | Allocate():
            return (stmt.body,)
        case If():
            return (stmt.then,) if stmt.otherwise is None else (stmt.then, stmt.otherwise)
    return ()


def iter_stmts(stmt: Stmt) -> Iterator[Stmt]:
    """`stmt` and every statement inside it, parents first, in program order."""
    stack = [stmt]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(child_stmts(node))


def free_vars(node: Expr | Stmt) -> KeysView[Var]:
    """The variables `node` uses and does not bind, in order of first use; a set to callers."""
    found: dict[Var, None] = {}
    if isinstance(node, Expr):
        _free_in_expr(node, found)
    else:
        _free_in_stmt(node, found)
    return found.keys()


class StmtMutator:
    """Rebuilds statements; subclass it and override the visits that differ.

    `expr` is applied to every expression that stands in a statement. A statement that
    becomes empty is dropped, a condition or an extent that became constant is folded, and
    what did not change is returned as it was.
    """

    def expr(self, expr: Expr) -> Expr:
        return expr

    def stmt(self, stmt: Stmt) -> Stmt:
        return _VISITS[type(stmt)](self, stmt)

    def visit_block(self, stmt: Block) -> Stmt:
        new = [self.stmt(child) for child in stmt.stmts]
        return stmt if all(map(_is, new, stmt.stmts)) else block(*new)

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
        then = self.stmt(stmt.then)
        otherwise = None if stmt.otherwise is None else self.stmt(stmt.otherwise)
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
        if all(map(_is, indices, stmt.indices)) and value is stmt.value and mask is stmt.mask:
            return stmt
        return Store(stmt.buffer, indices, value, mask)

    def visit_allocate(self, stmt: Allocate) -> Stmt:
        body = self.stmt(stmt.body)
        if body is stmt.body:
            return stmt
        return block() if is_empty(body) else Allocate(stmt.buffer, body)


_VISITS: dict[type, Callable[[Any, Any], Stmt]] = {
    Block: lambda mutator, stmt: mutator.visit_block(stmt),
    For: lambda mutator, stmt: mutator.visit_for(stmt),
    If: lambda mutator, stmt: mutator.visit_if(stmt),
    Store: lambda mutator, stmt: mutator.visit_store(stmt),
    Allocate: lambda mutator, stmt: mutator.visit_allocate(stmt),
}


def is_empty(stmt: Stmt) -> bool:
    return type(stmt) is Block and not stmt.stmts


def map_exprs_in_stmt(stmt: Stmt, fn: Callable[[Expr], Expr]) -> Stmt:
    """`stmt` with every expression that stands in a statement replaced by `fn` of it.

    `fn` gets whole expressions; pass `lambda x: map_expr(x, ...)` to reach every node.
    The shapes of allocated buffers stay.
    """
    return _ExprsInStmt(fn).stmt(stmt)


def map_stmt(stmt: Stmt, fn: Callable[[Stmt], Stmt]) -> Stmt:
    """`stmt` rebuilt bottom-up, each statement replaced by `fn` of it; `block()` drops it."""
    return _EachStmt(fn).stmt(stmt)


def substitute(node: Node, values: Mapping[AnyVar, Operand]) -> Node:
    """`node` with each variable of `values` replaced; the same node where none occurs.

    All are replaced at once. The variables must be free in `node`; a loop of a statement
    that binds one of them keeps its own. Shapes of allocated buffers are replaced too.
    """
    return _Substitute(values, {}).either(node)


def replace_buffers(node: Node, buffers: Mapping[Buffer, Buffer]) -> Node:
    """`node` with every access to a buffer of `buffers` made to its replacement."""
    return _Substitute({}, dict(buffers)).either(node)


def with_fresh_names(stmt: Stmt) -> Stmt:
    """A copy of `stmt` whose loop variables and allocated buffers are new ones.

    Needed where a body is used twice within one scope; the names as text stay.
    """
    return _Fresh({}, {}).stmt(stmt)


class _ExprsInStmt(StmtMutator):
    def __init__(self, fn: Callable[[Expr], Expr]):
        self._fn = fn

    def expr(self, expr: Expr) -> Expr:
        return self._fn(expr)


class _EachStmt(StmtMutator):
    def __init__(self, fn: Callable[[Stmt], Stmt]):
        self._fn = fn

    def stmt(self, stmt: Stmt) -> Stmt:
        return self._fn(super().stmt(stmt))


def _is(a: object, b: object) -> bool:
    return a is b


def _optional(expr: Expr | None) -> Exprs:
    return () if expr is None else (expr,)


def _all_roots(stmt: Stmt) -> Iterator[Expr]:
    for inner in iter_stmts(stmt):
        yield from own_exprs(inner)


def _free_in_expr(root: Expr, found: dict[Var, None]) -> None:
    stack, seen = [root], set()
    while stack:
        expr = stack.pop()
        if id(expr) in seen:
            continue
        seen.add(id(expr))
        if isinstance(expr, Var):
            found[expr] = None
            continue
        kind = NODE_TYPES[type(expr)]
        if kind.binds is None:
            stack += reversed(kind.children(expr))
            continue
        inside: dict[Var, None] = {}
        for operand in kind.children(expr):
            _free_in_expr(operand, inside)
        bound = set(kind.binds(expr))
        found.update((var, None) for var in inside if var not in bound)


def _free_in_stmt(stmt: Stmt, found: dict[Var, None]) -> None:
    for expr in own_exprs(stmt):
        _free_in_expr(expr, found)
    for child in child_stmts(stmt):
        if type(stmt) is For:
            inside: dict[Var, None] = {}
            _free_in_stmt(child, inside)
            inside.pop(stmt.var, None)
            found.update(inside)
        else:
            _free_in_stmt(child, found)


def _seeds(values: Mapping[Var, Operand]) -> dict[int, Expr]:
    return {
        id(var): value
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
        asked: Any = dict(stmt.pragmas).get(PREFETCH, ())
        if self._buffers.keys().isdisjoint(ahead.source for ahead in asked):
            return stmt
        moved = tuple(
            Prefetched(self._buffers.get(ahead.source, ahead.source), ahead.steps)
            for ahead in asked
        )
        pragmas = tuple({**dict(stmt.pragmas), PREFETCH: moved}.items())
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

    def buffer(self, buffer: Buffer) -> Buffer:
        shape = tuple(map(self.expr, buffer.shape))
        strides = None if buffer.strides is None else tuple(map(self.expr, buffer.strides))
        if _same(shape, buffer.shape) and _same(strides or (), buffer.strides or ()):
            return buffer
        return Buffer(buffer.name, shape, buffer.dtype, buffer.scope, strides, buffer.copies)


class _Fresh(_Substitute):
    def visit_for(self, stmt: For) -> Stmt:
        stmt = self._with_moved_prefetches(stmt)
        var = Var(stmt.var.name, stmt.var.dtype)
        start, extent = self.expr(stmt.start), self.expr(stmt.extent)
        self._values = {**self._values, stmt.var: var}
        self._forget()
        return For(var, start, extent, stmt.kind, self.stmt(stmt.body), stmt.pragmas)

    def buffer(self, buffer: Buffer) -> Buffer:
        shape = tuple(map(self.expr, buffer.shape))
        strides = None if buffer.strides is None else tuple(map(self.expr, buffer.strides))
        return Buffer(buffer.name, shape, buffer.dtype, buffer.scope, strides, buffer.copies)


def _same(new: tuple[Expr, ...], old: tuple[Expr, ...]) -> bool:
    return all(a is b for a, b in zip(new, old, strict=True))
