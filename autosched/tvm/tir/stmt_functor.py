"""Walks over expressions and loop nests, by TVM's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autosched.ir import rewrite
from autosched.ir.expr import Expr, Var
from autosched.ir.stmt import Stmt
from autosched.ir.traverse import child_stmts, own_exprs, postorder
from autosched.tvm.absent import refusing


def post_order_visit(node: Expr | Stmt, fvisit: Callable[[Any], object]) -> None:
    """Call `fvisit` for every node in `node`, after its operands and the statements inside it."""
    if isinstance(node, Stmt):
        for child in child_stmts(node):
            post_order_visit(child, fvisit)
    for expr in postorder((node,) if isinstance(node, Expr) else own_exprs(node)):
        fvisit(expr)
    if isinstance(node, Stmt):
        fvisit(node)


def substitute(node: Any, vmap: Mapping[Var, Any]) -> Any:
    """Replace variables by values in an expression or a nest; a number stays as it is."""
    if isinstance(node, Expr):
        return rewrite.substitute(node, vmap)
    return rewrite.substitute(node, vmap) if isinstance(node, Stmt) else node


__getattr__ = refusing(__name__)
