"""Structural equality of two expressions that are mostly the same nodes."""

from __future__ import annotations

from autosched.ir.expr import Binary, Const, Expr
from autosched.ir.node_types import NODE_TYPES


def same(a: Expr, b: Expr) -> bool:
    """Both are built alike: the same types, constants and variables in the same places."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b) or a.dtype is not b.dtype:
        return False
    if isinstance(a, Binary):
        return same(a.b, b.b) and same(a.a, b.a)  # type: ignore[attr-defined]
    if kind is Const:
        return repr(a.value) == repr(b.value)  # type: ignore[attr-defined]  # tells -0.0 from 0.0
    try:
        about = NODE_TYPES[kind]
    except TypeError:
        return False
    if about.binds is not None or about.attributes(a) != about.attributes(b):
        return False
    return all(map(same, about.children(a), about.children(b)))
