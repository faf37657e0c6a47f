"""Structural equality of two expressions that are mostly the same nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched.ir.expr import Binary, Const, Expr
from autosched.ir.node_types import NODE_TYPES


def same(a: Expr, b: Expr) -> bool:
    """Both are built alike: the same types, constants and variables in the same places."""
    stack = [(a, b)]
    met: set[tuple[int, int]] = set()
    while stack:
        one, two = stack.pop()
        if one is two or (id(one), id(two)) in met:
            continue
        pairs = _operand_pairs(one, two)
        if pairs is None:
            return False
        met.add((id(one), id(two)))
        stack += pairs
    return True


def _operand_pairs(a: Any, b: Any) -> Sequence[tuple[Expr, Expr]] | None:
    """What must be the same for two nodes to be; None where they differ in themselves."""
    kind = type(a)
    if kind is not type(b) or a.dtype is not b.dtype:
        return None
    if isinstance(a, Binary):
        return (a.a, b.a), (a.b, b.b)
    if kind is Const:
        return () if repr(a.value) == repr(b.value) else None  # tells -0.0 from 0.0
    try:
        about = NODE_TYPES[kind]
    except TypeError:
        return None
    if about.binds is not None or about.attributes(a) != about.attributes(b):
        return None
    operands = about.children(a), about.children(b)
    return list(zip(*operands, strict=True)) if len(operands[0]) == len(operands[1]) else None
