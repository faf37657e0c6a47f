"""Finds out which loops of users' statements may run in parallel or in vectors.

Points of a loop are independent if each of them writes other elements than all others read or
write. This is proved where some index of each access to a written buffer is the loop variable plus
the same value, which the loop does not change; a buffer that is allocated inside of the loop is
its own at every point.
"""

from __future__ import annotations

from collections.abc import Iterator

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import simplify
from autosched.ir.build import sub
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.stmt import Allocate, Block, CallExternal, For, LoopKind, Stmt, Store
from autosched.ir.structure import equal
from autosched.ir.traverse import free_vars, iter_stmts, own_exprs, walk

_IN_ORDER = (LoopKind.SERIAL, LoopKind.UNROLLED)


def loop_of(var: Var, start: Expr, extent: Expr, kind: LoopKind, body: Stmt) -> For:
    """Return a loop of a kind; its points run one after the other where that is not proved right.

    A parallel loop has no other inside, nor vectors. Vectors are made of stores alone, and only
    loops of known extents are unrolled or made vectors.
    """
    is_known = kind is LoopKind.PARALLEL or type(extent) is Const
    is_right = kind is LoopKind.SERIAL or (is_known and _is_right(kind, var, body))
    return For(var, start, extent, kind if is_right else LoopKind.SERIAL, body)


def _is_right(kind: LoopKind, var: Var, body: Stmt) -> bool:
    if kind is LoopKind.UNROLLED:
        return True
    stmts = list(iter_stmts(body))
    in_order = all(stmt.kind in _IN_ORDER for stmt in stmts if isinstance(stmt, For))
    is_plain = all(isinstance(stmt, Store | Block) for stmt in stmts)
    return in_order and (is_plain or kind is LoopKind.PARALLEL) and are_independent(var, body)


def are_independent(var: Var, body: Stmt) -> bool:
    """Tell whether the points of a loop over `var` are proved to be independent."""
    stmts = list(iter_stmts(body))
    if any(isinstance(stmt, CallExternal) for stmt in stmts):
        return False
    own = {stmt.buffer for stmt in stmts if isinstance(stmt, Allocate)}
    written = {stmt.buffer for stmt in stmts if isinstance(stmt, Store)} - own
    changing = {var, *(stmt.var for stmt in stmts if isinstance(stmt, For))}
    return all(_is_apart(list(_accesses(stmts, each)), var, changing) for each in written)


def _accesses(stmts: list[Stmt], buffer: Buffer) -> Iterator[tuple[Expr, ...]]:
    for stmt in stmts:
        if isinstance(stmt, Store) and stmt.buffer is buffer:
            yield stmt.indices
        for root in own_exprs(stmt):
            for node in walk(root):
                if type(node) is Load and node.buffer is buffer:
                    yield node.indices


def _is_apart(accesses: list[tuple[Expr, ...]], var: Var, changing: set[Var]) -> bool:
    """Whether an index of all accesses is `var` plus the same value, which no loop changes."""
    return any(_is_shifted(indices, var, changing) for indices in zip(*accesses, strict=True))


def _is_shifted(indices: tuple[Expr, ...], var: Var, changing: set[Var]) -> bool:
    shifts = [simplify(sub(index, var), Bounds()) for index in indices if index.dtype is var.dtype]
    return len(shifts) == len(indices) and all(
        changing.isdisjoint(free_vars(shift)) and not _reads(shift) and equal(shift, shifts[0])
        for shift in shifts
    )


def _reads(expr: Expr) -> bool:
    return any(type(node) is Load for node in walk(expr))
