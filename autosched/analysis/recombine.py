"""Rules for sums that contain divisions, modulos, minima or maxima.

k*c*(x // c) + k*(x % c)     k*x
k*x - k*c*(x // c)           k*(x % c)
min(x, y) + z                min(x + z, y + z)     if that has fewer terms

No rule is used if an operand may leave 64 bits, since numbers wrap there.
"""

from __future__ import annotations

from collections.abc import Callable

from autosched.analysis.affine import Atom, describe
from autosched.analysis.bounds import Bounds
from autosched.analysis.divmod import floordiv, floormod
from autosched.analysis.linear import Linear, of_atom
from autosched.analysis.minmax import extremum
from autosched.ir import expr as e
from autosched.ir.expr import Expr


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
    if not quotient.terms or not _holds(linear, quotient, k * c):
        return None
    return linear - of_atom(atom) * k - quotient * (k * c) + x * k


def _division(linear: Linear, atom: Expr, k: int, about: Atom, bounds: Bounds) -> Linear | None:
    x, divisor = about.operands
    if len(linear.terms) < 2 or divisor.terms:
        return None
    c = divisor.const
    if c <= 0 or k % c or not x.terms or not _holds(linear, x, -k // c) or bounds.may_wrap(x):
        return None
    return linear - of_atom(atom) * k - x * (-k // c) + floormod(x, divisor, bounds) * (-k // c)


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
