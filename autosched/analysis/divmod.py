"""Floor division and modulo of linear forms.

The rules, for a positive constant c (x, y linear, r a part whose range is known):

    (c*x + r) // c       x + r // c              (c*x + r) % c        r % c
    r // c               t                       r % c                r - t*c
    (g*x + r) // (g*c)   (x + t) // c            (g*x + r) % (g*c)    g*((x+t) % c) + r - t*g
    (x // a + k) // c    (x + k*a) // (a*c)      (x % (a*c) + y) % c  (x + y) % c
    (x % (a*c)) // c     (x // c) % a
    x // -c              -x // c                 x % -c               -(-x % c)

where `t*c <= r < (t+1)*c` (g for c in the third line) is known;
and for a symbolic divisor d the first two, where 0 <= r < d is proved.
No rule holds for numbers that wrap: a dividend that may leave 64 bits is not changed.
"""

from __future__ import annotations

from math import gcd, isinf

from autosched.analysis.affine import binary_atom, describe
from autosched.analysis.bounds import Bounds
from autosched.analysis.elimination import nonnegative
from autosched.analysis.linear import Linear, Terms, nonzero, of_atom
from autosched.analysis.long_division import long_division
from autosched.ir import expr as e
from autosched.ir.expr import Expr


def floordiv(a: Linear, b: Linear, bounds: Bounds) -> Linear:
    """Return `a // b` as a linear form; an atom if no rule applies."""
    if b.terms:
        return _divide_by_symbol(a, b, bounds)[0]
    c = b.const
    if c in (1, -1):
        return a * c
    if c == 0 or bounds.may_wrap(a, b) or (c < 0 and bounds.may_wrap(-a)):
        return _atom(e.FloorDiv, a, b)
    if c < 0:
        a, c = -a, -c
    whole: Terms = {}
    rest: Terms = {}
    for atom, k in a.terms.items():
        if k % c:
            rest[atom] = k
        else:
            whole[atom] = k // c
    quotient = _divide_rest(Linear(a.const, rest), c, bounds)
    return nonzero(quotient.add_to(whole, 1), whole) if whole else quotient


def floormod(a: Linear, b: Linear, bounds: Bounds) -> Linear:
    """Return `a % b` as a linear form; an atom if no rule applies."""
    if b.terms:
        return _divide_by_symbol(a, b, bounds)[1]
    c = b.const
    if c in (1, -1):
        return Linear()
    if c == 0 or bounds.may_wrap(a, b) or (c < 0 and bounds.may_wrap(-a)):
        return _atom(e.FloorMod, a, b)
    if c < 0:
        return -floormod(-a, Linear(-c), bounds)
    rest = _without_mods({atom: k for atom, k in a.terms.items() if k % c}, a.const, c, bounds)
    period = _period(rest, c, bounds)
    if period is not None:
        return rest - period * c
    reduced = {atom: _remainder(k, c) for atom, k in rest.terms.items()}
    rest = Linear(rest.const % c, reduced)
    period = _period(rest, c, bounds)
    if period is not None:
        return rest - period * c
    for g, multiples, others in _common_factors(rest, c):
        t = _period(others, g, bounds)
        if t is not None:
            inner = floormod(Linear(t, multiples), Linear(c // g), bounds)
            return inner * g + others - t * g
    return of_atom(binary_atom(e.FloorMod, a if bounds.may_wrap(rest) else rest, Linear(c)))


def _divide_rest(rest: Linear, c: int, bounds: Bounds) -> Linear:
    """Return `rest // c`, where no coefficient of `rest` is a multiple of c."""
    period = _period(rest, c, bounds)
    if period is not None:
        return Linear(period)
    large = {atom: k // c for atom, k in rest.terms.items() if abs(k) > c}
    if large:
        period = _period(rest - Linear(0, large) * c, c, bounds)
        if period is not None:
            return Linear(period, large)
    for g, multiples, others in _common_factors(rest, c):
        t = _period(others, g, bounds)
        if t is not None:
            return floordiv(Linear(t, multiples), Linear(c // g), bounds)
    if len(rest.terms) == 1:
        nested = _divide_nested(rest, c, bounds)
        if nested is not None:
            return nested
    quotient, const = divmod(rest.const, c)
    atom = binary_atom(e.FloorDiv, Linear(const, rest.terms), Linear(c))
    return Linear(quotient, {atom: 1})


def _divide_nested(rest: Linear, c: int, bounds: Bounds) -> Linear | None:
    ((atom, k),) = rest.terms.items()
    about = describe(atom)
    if k != 1 or about is None or about.kind not in (e.FloorDiv, e.FloorMod):
        return None
    x, divisor = about.operands
    inner = divisor.const
    dividend = x + rest.const * inner
    if divisor.terms or inner < 0 or bounds.may_wrap(x, dividend, Linear(inner * c)):
        return None
    if about.kind is e.FloorDiv:
        return floordiv(dividend, Linear(inner * c), bounds)
    if inner % c == 0 and not rest.const:
        return floormod(floordiv(x, Linear(c), bounds), Linear(inner // c), bounds)
    return None


def _without_mods(terms: Terms, const: int, c: int, bounds: Bounds) -> Linear:
    """Replace each `x % m`, m a multiple of c, by x: they are equal modulo c."""
    result: Terms = {}
    for atom, k in terms.items():
        operand = _congruent(atom, c, bounds)
        if operand is None:
            result[atom] = result.get(atom, 0) + k
        else:
            const += operand.add_to(result, k)
    return Linear(const, {atom: k for atom, k in result.items() if k % c})


def _congruent(atom: Expr, c: int, bounds: Bounds) -> Linear | None:
    """Return x if `atom` is `x % m` for a multiple m of c, else None."""
    about = describe(atom)
    if about is None or about.kind is not e.FloorMod:
        return None
    x, divisor = about.operands
    return None if divisor.terms or divisor.const % c or bounds.may_wrap(x) else x


def _period(linear: Linear, c: int, bounds: Bounds) -> int | None:
    """Return the t for which `t*c <= linear < (t+1)*c` always; None if there is none."""
    if not linear.terms:
        return linear.const // c
    low, high = bounds.span_of(linear.terms, linear.const)
    first = low // c
    if first == high // c:
        return int(first)
    if bounds.facts:
        t = 0 if isinf(low) else int(first)
        rest = linear - t * c
        if nonnegative(-rest + (c - 1), bounds) and nonnegative(rest, bounds):
            return t
    return None


def _common_factors(rest: Linear, c: int) -> list[tuple[int, Terms, Linear]]:
    """Return each factor g of c with the terms that it divides, divided by g, and the others."""
    result = []
    for g in sorted({gcd(k, c) for k in rest.terms.values()} - {1}, reverse=True):
        multiples = {atom: k // g for atom, k in rest.terms.items() if k % g == 0}
        others = {atom: k for atom, k in rest.terms.items() if k % g}
        result.append((g, multiples, Linear(rest.const, others)))
    return result


def _remainder(k: int, c: int) -> int:
    """Return `k` modulo c with the sign of k, which keeps a small negative coefficient."""
    return k % c if k >= 0 else -(-k % c)


def _divide_by_symbol(a: Linear, b: Linear, bounds: Bounds) -> tuple[Linear, Linear]:
    """Return the quotient and the remainder by a symbolic divisor."""
    quotient, rest = (Linear(), a) if bounds.may_wrap(a, b) else long_division(a, b)
    if bounds.may_wrap(rest):
        return _atom(e.FloorDiv, a, b), _atom(e.FloorMod, a, b)
    if rest == Linear() or (nonnegative(b - rest - 1, bounds) and nonnegative(rest, bounds)):
        return quotient, rest
    return quotient + _atom(e.FloorDiv, rest, b), _atom(e.FloorMod, rest, b)


def _atom(kind: type[e.Binary], a: Linear, b: Linear) -> Linear:
    return of_atom(binary_atom(kind, a, b))
