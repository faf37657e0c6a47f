"""Walks over loop nests and expressions, without changes.

Walks over expressions keep a stack, since Python recurses no deeper than a few hundred nested
operations, and visit a shared node once. Statements nest only as deep as loops do.
`autosched.ir.rewrite` has the walks that build new nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Iterable, Iterator, KeysView
from typing import Any

from autosched.ir.expr import Binary, Expr, Var
from autosched.ir.node_types import NODE_TYPES, Exprs
from autosched.ir.stmt import Allocate, Block, CallExternal, For, If, IntrinsicCall, Stmt, Store

Operands = Callable[[Any], Exprs]
Steps = Generator[tuple[Any, ...], Any, Any]
"""A recursive function as a generator: it yields the arguments of each recursive call, is sent the
result of that call, and returns its own result."""

SMALL = 100
"""Nodes, counted as in a tree, up to which a walk need not check for shared ones."""


def children(expr: Expr) -> Exprs:
    """Return the operands of `expr`, in order."""
    return NODE_TYPES[type(expr)].children(expr)


def walk(node: Expr | Stmt) -> Iterator[Expr]:
    """Yield every expression node in `node`, each once, before its operands."""
    seen: set[Expr] = set()
    for roots in ((node,),) if isinstance(node, Expr) else map(own_exprs, iter_stmts(node)):
        stack = list(reversed(roots))
        while stack:
            expr = stack.pop()
            if expr not in seen:
                seen.add(expr)
                yield expr
                stack += reversed(NODE_TYPES[type(expr)].children(expr))


def postorder(
    roots: Iterable[Expr], operands: Operands = children, done: Container[Expr] = ()
) -> list[Expr]:
    """Return every node below the roots, each once, after its operands.

    Nodes in `done` are left out, and so are nodes that only they use.
    """
    entered: set[Expr] = set()
    order: list[Expr] = []
    stack = [(root, False) for root in reversed(tuple(roots))]
    while stack:
        node, left = stack.pop()
        if left:
            order.append(node)
        elif node not in entered and node not in done:
            entered.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in reversed(operands(node)) if x not in entered]
    return order


def own_exprs(stmt: Stmt) -> Exprs:
    """Return the expressions of `stmt` without those of the statements inside it."""
    match stmt:
        case Store():
            return (*stmt.indices, stmt.value, *(() if stmt.mask is None else (stmt.mask,)))
        case For():
            return stmt.start, stmt.extent
        case If():
            return (stmt.condition,)
        case Allocate():
            return (*stmt.buffer.shape, *(stmt.buffer.strides or ()))
        case CallExternal():
            return tuple(arg for arg in stmt.args if isinstance(arg, Expr))
    return ()


def child_stmts(stmt: Stmt) -> tuple[Stmt, ...]:
    """Return the statements directly inside `stmt`, in order."""
    match stmt:
        case Block():
            return stmt.stmts
        case For() | Allocate():
            return (stmt.body,)
        case If():
            return (stmt.then,) if stmt.otherwise is None else (stmt.then, stmt.otherwise)
        case IntrinsicCall():
            return stmt.definition, stmt.body
    return ()


def iter_stmts(stmt: Stmt) -> Iterator[Stmt]:
    """Yield `stmt` and every statement inside it, parents first, in program order."""
    stack = [stmt]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(child_stmts(node))


def free_vars(node: Expr | Stmt) -> KeysView[Var]:
    """Return the variables that `node` uses and does not bind, in order of first use."""
    found: dict[Var, None] = {}
    if isinstance(node, Expr):
        _free_in_expr(node, found)
    else:
        _free_in_stmt(node, found)
    return found.keys()


def is_small(roots: Iterable[Expr]) -> bool:
    """Tell whether the roots, written out as trees, have at most about `SMALL` nodes."""
    stack = list(roots)
    for _ in range(SMALL):
        if not stack:
            return True
        stack += children(stack.pop())
    return False


def chained(expr: Expr, kind: type[Binary]) -> list[Expr]:
    """Return the distinct operands of nested operations of `kind`, in order."""
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


class Contains:
    """Tells whether an expression has a node for which `test` holds, testing each node once."""

    def __init__(self, test: Callable[[Expr], bool]):
        self._test = test
        self._known: dict[Expr, bool] = {}

    def __call__(self, expr: Expr) -> bool:
        known = self._known
        if expr not in known:
            for node in postorder((expr,), done=known):
                known[node] = self._test(node) or any(known[x] for x in children(node))
        return known[expr]


def recurse(function: Callable[..., Steps], *arguments: Any) -> Any:
    """Return the result of `function(*arguments)`, however deep its calls of itself nest."""
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


def _free_in_expr(root: Expr, found: dict[Var, None]) -> None:
    stack, seen = [root], set()
    while stack:
        expr = stack.pop()
        if expr in seen:
            continue
        seen.add(expr)
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
