"""Indices of one element of a dense array that count through several of its dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from autosched.analysis.affine import describe, to_linear
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear, of_atom
from autosched.analysis.recombine import is_multiple
from autosched.ir.build import const, floormod
from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod


def joined(indices: Sequence[Expr], shape: Sequence[Expr]) -> tuple[Expr, ...]:
    """Return indices of the same element with `0, x` in place of `x // n, x % n`.

    `n` are the points of the dimension, or of it and of those that were joined to it. The last of
    several indices then passes the end of its dimension, and goes on in the next row.
    """
    found = list(indices)
    inner = len(found) - 1
    while inner > 0:
        points, outer = _points(shape[inner]), inner - 1
        while outer >= 0 and points > 1:
            index = _one(found[outer], found[inner], points, _points(shape[outer]))
            if index is None:
                break
            found[outer], found[inner] = const(0), index
            points *= _points(shape[outer])
            outer -= 1
        inner = outer
    return tuple(found)


def _points(extent: Expr) -> int:
    """The points of a dimension; 0 where they are symbolic."""
    return int(extent.value) if type(extent) is Const else 0


def _one(outer: Expr, inner: Expr, points: int, rows: int) -> Expr | None:
    """Return x of `x // points` and `x % points`; None for indices that are not these.

    Simplified, they may be `q + y // points` and `z % points`, for x of `q * points + y` and z that
    differs from y by a multiple. The first of them modulo `rows` is that of `x % (rows * points)`.
    """
    if not _is_modulo(inner, points):
        return None
    if not _is_modulo(outer, rows):
        whole = _whole(to_linear(outer), to_linear(inner.a), points)
        return None if whole is None else whole.to_expr()
    quotient = to_linear(outer.a)
    whole = _whole(quotient, to_linear(inner.a), points)
    if whole is None or (quotient.atom() is None and Bounds().may_wrap(quotient, whole)):
        return None
    return floormod(whole.to_expr(), rows * points)


def _is_modulo(index: Expr, points: int) -> TypeGuard[FloorMod]:
    return type(index) is FloorMod and type(index.b) is Const and index.b.value == points > 0


def _whole(quotient: Linear, rest: Linear, points: int) -> Linear | None:
    """Return x of `quotient`, which is `x // points`, if `rest` is x but for a multiple.

    A dividend that wraps is no multiple away from another one, only from itself.
    """
    bounds = Bounds()
    for atom, factor in quotient.terms.items():
        about = describe(atom)
        if about is None or about.kind is not FloorDiv or factor != 1:
            continue
        x: Linear | None
        x, divisor = about.operands
        if divisor.terms or divisor.const < 2 or points % divisor.const:
            continue
        if divisor.const < points:  # the quotient of a quotient
            x = None if bounds.may_wrap(x) else _whole(x, rest, points // divisor.const)
        if x is None or not is_multiple(x - rest, points):
            continue
        if x == rest or not bounds.may_wrap(x, rest):
            return (quotient - of_atom(atom)) * points + x
    return None
