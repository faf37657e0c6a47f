"""Unroll: decides which loops the code generator writes out iteration by iteration.

An `unrolled` loop without a constant extent becomes serial. In a loop with the pragma
`auto_unroll_max_step` of value n, constant loops become unrolled from the innermost outwards, as
long as they come to at most n statements, and not around a loop that stays. Code of more than
`MOST_OPERATIONS` is refused.
"""

from __future__ import annotations

import math

from autosched.errors import LoweringError
from autosched.ir.expr import Const
from autosched.ir.pragma import AutoUnroll, find
from autosched.ir.stmt import Allocate, Block, For, Function, If, LoopKind, Stmt, block
from autosched.ir.traverse import child_stmts, own_exprs, walk
from autosched.target.target import Target

MOST_OPERATIONS = 1 << 20
"""Operations of a function with its loops written out. Each takes LLVM about a kilobyte."""
FEW_STATEMENTS = 1000
"""Operations are counted only above this many statements; emission has a limit of its own."""


def unroll(function: Function, target: Target) -> Function:
    """Mark the loops to unroll. Raises LoweringError if the code is too long."""
    body, _ = _mark(function.body, 0)
    many = _statements(body) > FEW_STATEMENTS
    if many and (count := _operations(body)) > MOST_OPERATIONS:
        raise LoweringError(
            f"expected loops that come to at most {MOST_OPERATIONS} operations when they are "
            f"written out, got {count} in {function.name}",
            hint="unroll loops of few iterations, such as the inner ones of splits",
        )
    return function.with_body(body)


def _statements(stmt: Stmt) -> int:
    """Return the number of statements in the code of `stmt`, with unrolled loops written out."""
    return 1 + _times(stmt) * sum(map(_statements, child_stmts(stmt)))


def _operations(stmt: Stmt) -> int:
    """Return the number of operations in the code of `stmt`, with unrolled loops written out."""
    own = sum(1 for root in own_exprs(stmt) for _ in walk(root))
    return own + _times(stmt) * sum(map(_operations, child_stmts(stmt)))


def _times(stmt: Stmt) -> int:
    """Return how often the code of `stmt` repeats its body."""
    if isinstance(stmt, For) and stmt.kind is LoopKind.UNROLLED and type(stmt.extent) is Const:
        return max(0, int(stmt.extent.value))
    return 1


def _mark(stmt: Stmt, limit: int) -> tuple[Stmt, float]:
    """Return `stmt` with its loops marked, and its number of statements once written out.

    The number is infinite if a loop stays.
    """
    match stmt:
        case Block():
            parts = [_mark(s, limit) for s in stmt.stmts]
            return block(*(s for s, _ in parts)), sum(size for _, size in parts)
        case If():
            then, size = _mark(stmt.then, limit)
            if stmt.otherwise is None:
                return If(stmt.condition, then), size
            otherwise, more = _mark(stmt.otherwise, limit)
            return If(stmt.condition, then, otherwise), size + more
        case Allocate():
            body, size = _mark(stmt.body, limit)
            return Allocate(stmt.buffer, body), size
        case For():
            return _mark_loop(stmt, limit)
    return stmt, 1


def _mark_loop(loop: For, limit: int) -> tuple[Stmt, float]:
    given = find(loop.pragmas, AutoUnroll)
    limit = limit if given is None else given.value
    body, size = _mark(loop.body, limit)
    kind = loop.kind
    count = loop.extent.value if type(loop.extent) is Const else math.inf
    if kind is LoopKind.SERIAL and size * count <= limit:
        kind = LoopKind.UNROLLED
    if kind is LoopKind.UNROLLED and count == math.inf:
        kind = LoopKind.SERIAL
    size = size * count if kind is LoopKind.UNROLLED else math.inf
    return For(loop.var, loop.start, loop.extent, kind, body, loop.pragmas), size
