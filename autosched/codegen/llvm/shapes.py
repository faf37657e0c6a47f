"""Writes the LLVM text that computes an extent of a param from the sizes of a kernel."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body

_SAME = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}
"""Operators that are one instruction each."""

_DIVISIONS = (ast.FloorDiv, ast.Mod)


def is_computed(text: str) -> bool:
    """Tell whether `extent_value` computes this extent: all its divisors are numbers above 0."""
    return all(_is_known(node) for node in ast.walk(_parse(text)))


def extent_value(body: Body, text: str, sizes: Mapping[str, str]) -> str:
    """Append what computes an extent from the values of its sizes, 64-bit; return its value.

    Requires `is_computed(text)`.
    """
    return _value(body, _parse(text), sizes)


@cache
def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _is_known(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.FloorDiv() | ast.Mod(), right=right):
            return isinstance(right, ast.Constant) and type(right.value) is int and right.value > 0
        case ast.BinOp(op=op):
            return type(op) in _SAME
        case ast.Constant(value=value):
            return type(value) is int
    return isinstance(node, ast.Name | ast.Load | ast.operator)


def _value(body: Body, node: ast.expr, sizes: Mapping[str, str]) -> str:
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.Name(id=name):
            return sizes[name]
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(body, left, sizes), _value(body, right, sizes)
            if isinstance(op, _DIVISIONS):
                return _divided(body, op, a, b)
            return body.let(llvm.binary(_SAME[type(op)], "i64", a, b))
    raise ValueError(f"an extent cannot be computed from {ast.unparse(node)!r}")


def _divided(body: Body, op: ast.operator, a: str, b: str) -> str:
    """Append a division by a number above 0 that rounds down, or its remainder.

    LLVM's rounds towards 0: where the remainder is negative, the quotient is one too high.
    """
    remainder = body.let(llvm.binary("srem", "i64", a, b))
    is_below = body.let(llvm.binary("icmp slt", "i64", remainder, 0))
    if isinstance(op, ast.Mod):
        added = body.let(llvm.select("i1", is_below, "i64", b, "0"))
        return body.let(llvm.binary("add", "i64", remainder, added))
    quotient = body.let(llvm.binary("sdiv", "i64", a, b))
    one = body.let(llvm.convert("zext", "i1", is_below, "i64"))
    return body.let(llvm.binary("sub", "i64", quotient, one))
