"""Unroll: decides which loops the code generator writes out, iteration by iteration.

A loop marked `unrolled` whose extent is not a constant runs serially. A loop that carries
the pragma `auto_unroll_max_step` with a value n marks the constant loops inside it, from
the innermost outwards, as long as the statements written out stay at most n.
"""

from __future__ import annotations

from autosched.ir.expr import Const
from autosched.ir.stmt import Allocate, Block, For, Function, If, LoopKind, Stmt, block
from autosched.target.target import Target

AUTO_UNROLL = "auto_unroll_max_step"


def unroll(function: Function, target: Target) -> Function:
    """See the module."""
    body, _ = _mark(function.body, 0)
    return Function(
        function.name, function.params, function.outputs, function.sizes, body, function.pragmas
    )


def _mark(stmt: Stmt, limit: int) -> tuple[Stmt, int]:
    """`stmt` with its loops marked, and how many statements it will be once written out."""
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


def _mark_loop(loop: For, limit: int) -> tuple[Stmt, int]:
    limit = int(dict(loop.pragmas).get(AUTO_UNROLL, limit))  # type: ignore[call-overload]
    body, size = _mark(loop.body, limit)
    kind = loop.kind
    if type(loop.extent) is Const:
        written_out = size * int(loop.extent.value)
        if kind is LoopKind.SERIAL and written_out <= limit:
            kind = LoopKind.UNROLLED
        if kind is LoopKind.UNROLLED:
            size = written_out
    elif kind is LoopKind.UNROLLED:
        kind = LoopKind.SERIAL
    return For(loop.var, loop.start, loop.extent, kind, body, loop.pragmas), size
