"""The cost of a loop nest: how many iterations its loops have that are not unrolled."""

from __future__ import annotations

from autosched.ir.expr import Const
from autosched.ir.stmt import Allocate, Block, For, If, LoopKind, Stmt


def iterations(stmt: Stmt) -> int:
    """Count the iterations of a nest of constant extents; guarded statements count as run."""
    match stmt:
        case For(extent=Const(value=extent), kind=kind, body=body):
            return int(extent) * (iterations(body) + (kind is not LoopKind.UNROLLED))
        case Block(stmts=stmts):
            return sum(map(iterations, stmts))
        case If(then=then, otherwise=otherwise):
            return iterations(then) + (iterations(otherwise) if otherwise else 0)
        case Allocate(body=body):
            return iterations(body)
    return 0
