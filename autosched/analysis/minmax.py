"""Computes the minimum and maximum of linear forms."""

from __future__ import annotations

from autosched.analysis.affine import binary_atom, describe
from autosched.analysis.bounds import Bounds
from autosched.analysis.elimination import nonnegative
from autosched.analysis.linear import Linear, of_atom
from autosched.ir import expr as e


def extremum(kind: type[e.Binary], a: Linear, b: Linear, bounds: Bounds) -> Linear:
    """Return the Min or Max of two linear forms: one of them if that is proved.

    Forms that may leave 64 bits, where numbers wrap, are not compared.
    """
    if bounds.may_wrap(a, b):
        return of_atom(binary_atom(kind, a, b))
    winner = _winner(kind, a, b, bounds)
    if winner is not None:
        return winner
    for inner, other in ((a, b), (b, a)):
        merged = _merge(kind, inner, other, bounds)
        if merged is not None:
            return merged
    return of_atom(binary_atom(kind, a, b))


def _winner(kind: type[e.Binary], a: Linear, b: Linear, bounds: Bounds) -> Linear | None:
    difference = a - b
    if nonnegative(difference, bounds):
        return b if kind is e.Min else a
    if nonnegative(-difference, bounds):
        return a if kind is e.Min else b
    return None


def _merge(kind: type[e.Binary], a: Linear, b: Linear, bounds: Bounds) -> Linear | None:
    """Return `min(min(x, y), b)` if x or y is known to be less or greater than b, else None."""
    atom = a.atom()
    about = None if atom is None else describe(atom)
    if about is None or about.kind is not kind or bounds.may_wrap(*about.operands):
        return None
    for kept, tried in (about.operands, about.operands[::-1]):
        winner = _winner(kind, tried, b, bounds)
        if winner is tried:
            return a
        if winner is not None:
            return extremum(kind, kept, b, bounds)
    return None
