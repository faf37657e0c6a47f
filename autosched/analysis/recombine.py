"""Rules for minima and maxima of linear forms, and for sums that contain them or divisions.

k*c*(x // c) + k*(y % c)     k*x                    if x - y is a multiple of c
k*x - k*c*(x // c)           k*(x % c)
min(x, y) + z                min(x + z, y + z)     if that has fewer terms

No rule is used if an operand may leave 64 bits, since numbers wrap there.
"""

from __future__ import annotations

from collections.abc import Callable

from autosched.analysis.affine import Atom, binary_atom, describe
from autosched.analysis.bounds import Bounds
from autosched.analysis.divmod import floordiv, floormod
from autosched.analysis.elimination import nonnegative
from autosched.analysis.linear import Linear, of_atom
from autosched.ir import expr as e
from autosched.ir.expr import Expr


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


def recombine(linear: Linear, bounds: Bounds) -> Linear:
    """Apply the first rule that fits, and again, until none does."""
    for atom, k in linear.terms.items():
        about = describe(atom)
        if about is None or about.kind not in _RULES:
            continue
        new = _RULES[about.kind](linear, atom, k, about, bounds)
        if new is not None:
            return recombine(new, bounds)
    return linear


def _modulo(linear: Linear, atom: Expr, k: int, about: Atom, bounds: Bounds) -> Linear | None:
    x, divisor = about.operands
    if len(linear.terms) < 2 or divisor.terms:
        return None
    c = divisor.const
    if bounds.may_wrap(x):
        return None
    quotient = floordiv(x, divisor, bounds)
    if quotient.terms and _holds(linear, quotient, k * c):
        return linear - of_atom(atom) * k - quotient * (k * c) + x * k
    return _modulo_of_alike(linear, atom, k, about, bounds)


def _modulo_of_alike(
    linear: Linear, atom: Expr, k: int, about: Atom, bounds: Bounds
) -> Linear | None:
    """Find the quotient by the same divisor of another dividend with the same remainder."""
    rest, divisor = about.operands
    for other, factor in linear.terms.items():
        found = describe(other)
        if found is None or found.kind is not e.FloorDiv or factor != k * divisor.const:
            continue
        x, by = found.operands
        if by == divisor and is_multiple(x - rest, by.const) and not bounds.may_wrap(x):
            return linear - of_atom(atom) * k - of_atom(other) * factor + x * k
    return None


def _division(linear: Linear, atom: Expr, k: int, about: Atom, bounds: Bounds) -> Linear | None:
    x, divisor = about.operands
    if len(linear.terms) < 2 or divisor.terms:
        return None
    c = divisor.const
    if c <= 0 or k % c or not x.terms or not _holds(linear, x, -k // c) or bounds.may_wrap(x):
        return None
    return linear - of_atom(atom) * k - x * (-k // c) + floormod(x, divisor, bounds) * (-k // c)


def is_multiple(linear: Linear, number: int) -> bool:
    """Tell whether every term of `linear` is a multiple of a number."""
    return not any(each % number for each in (linear.const, *linear.terms.values()))


def _holds(linear: Linear, part: Linear, scale: int) -> bool:
    """Tell whether `linear` has every term of `scale * part`, with that coefficient."""
    return all(linear.terms.get(atom) == scale * k for atom, k in part.terms.items())


def _extremum(linear: Linear, atom: Expr, k: int, about: Atom, bounds: Bounds) -> Linear | None:
    if abs(k) != 1:
        return None
    rest = linear - of_atom(atom) * k
    a, b = [operand * k + rest for operand in about.operands]
    if bounds.may_wrap(a, b, *about.operands):
        return None
    if _size(a) + _size(b) >= sum(map(_size, about.operands)) + _size(rest):
        return None
    kind = about.kind if k == 1 else _OPPOSITE[about.kind]
    return extremum(kind, a, b, bounds)


def _size(linear: Linear) -> int:
    return len(linear.terms) + (linear.const != 0)


_OPPOSITE: dict[type, type[e.Binary]] = {e.Min: e.Max, e.Max: e.Min}
_Rule = Callable[[Linear, Expr, int, Atom, Bounds], Linear | None]
_RULES: dict[type, _Rule] = {
    e.FloorMod: _modulo,
    e.FloorDiv: _division,
    e.Min: _extremum,
    e.Max: _extremum,
}
