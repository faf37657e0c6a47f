"""Facts about the variables of a loop nest: numeric ranges and symbolic inequalities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autosched.analysis.affine import Atom, describe, has_data
from autosched.analysis.linear import Linear, Terms, of_atom
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, Not, Var

Span = tuple[float, float]
"""The least and the greatest value, both included: an int, or an infinity."""

ANY: Span = (-math.inf, math.inf)
WHOLE: Span = (INDEX.min_value, INDEX.max_value)

MOST_ELEMENTS = 1 << 40
"""Sizes, their products and loop variables are assumed to stay below this."""


class Bounds:
    """An environment for the simplifier and the prover; loops and conditions add to it.

    `Bounds({i: (0, 7)})` starts with inclusive ranges, None for an open end. The `add_` methods
    add facts in place; `where` and `inside` return environments for scopes that end. A variable
    without facts may have any value.
    """

    __slots__ = (
        "depth", "facts", "forms", "linears", "ranges", "reaches", "results", "scalars", "scopes",
        "spans", "values",
    )  # fmt: skip

    def __init__(self, ranges: Mapping[Var, tuple[int | None, int | None]] | None = None):
        self.ranges: dict[Expr, Span] = {}
        self.facts: dict[Expr, tuple[Linear, ...]] = {}
        """Linear forms of several atoms that are never negative, under each of their atoms."""
        self.depth = 0
        """The depth of recursion over the expression being simplified."""
        self.scalars: dict[Expr, Expr | None] = {}
        """The scalar expression of one lane of each vector, see `vectors.as_scalar`."""
        self.values: dict[Expr, Expr] | None = None
        """The simplified values of the expression being simplified."""
        self._forget()
        for var, (low, high) in (ranges or {}).items():
            self.add_range(var, low, high)

    def copy(self) -> Bounds:
        other = Bounds.__new__(Bounds)
        other.ranges = dict(self.ranges)
        other.facts = dict(self.facts)
        other.depth = self.depth
        other.scalars = self.scalars
        other.values = self.values
        other._forget()
        return other

    def where(self, condition: Expr) -> Bounds:
        """Return the scope in which `condition` holds: this one if that says nothing."""
        key = (Not, condition.a) if type(condition) is Not else condition
        if key not in self.scopes:
            self.scopes[key] = self._with(self._facts(condition))
        scope = self.scopes[key]
        return self if scope is None else self._entered(scope)

    def _with(self, facts: list[Linear]) -> Bounds | None:
        """Return a scope in which forms are not negative; None if it is the same one."""
        known = [fact for fact in facts if _is_known(fact)]
        if not known:
            return None
        scope = self.copy()
        for fact in known:
            scope.add_nonnegative(fact)
        return scope

    def inside(self, var: Var, start: Expr, extent: Expr) -> Bounds:
        """Return the scope in which `start <= var < start + extent`, as inside a loop."""
        key = var, start, extent
        scope = self.scopes.get(key)
        if scope is None:
            scope = self.scopes[key] = self.copy()
            scope.add_loop(var, start, extent)
        return self._entered(scope)

    def _entered(self, scope: Bounds) -> Bounds:
        scope.depth, scope.values = self.depth, self.values
        return scope

    def add_range(self, var: Var, low: int | None, high: int | None) -> None:
        """Add that `low <= var <= high`; None is no bound."""
        self._tighten(var, -math.inf if low is None else low, math.inf if high is None else high)

    def add_loop(self, var: Var, start: Expr, extent: Expr) -> None:
        """Add that `start <= var < start + extent`."""
        if type(start) is Const and type(extent) is Const:
            first, count = int(start.value), int(extent.value)
            self._tighten(var, first, first + count - 1)
            return
        from autosched.analysis.simplify import linear

        begin, length = linear(start, self), linear(extent, self)
        if self.may_wrap(begin, length):
            return
        offset = of_atom(var) - begin
        self.add_nonnegative(offset)
        self.add_nonnegative(length - offset - 1)

    def add_fact(self, condition: Expr) -> None:
        """Add that `condition` holds; conditions that are not on indices are ignored."""
        for fact in self._facts(condition):
            self.add_nonnegative(fact)

    def _facts(self, condition: Expr) -> list[Linear]:
        from autosched.analysis.conditions import facts_of

        return facts_of(condition, self)

    def add_nonnegative(self, fact: Linear) -> None:
        """Add that `fact >= 0`."""
        if not _is_known(fact):
            return
        if len(fact.terms) > 1:
            for atom in fact.terms:
                self.facts[atom] = (*self.facts.get(atom, ()), fact)
            self._forget()
        for atom, k in fact.terms.items():
            self._tighten_from(fact, atom, k)

    def span(self, linear: Linear) -> Span:
        """Return a range that holds every value of `linear`."""
        return self.span_of(linear.terms, linear.const)

    def span_of(self, terms: Terms, const: int) -> Span:
        low: float = const
        high: float = const
        ranges = self.ranges
        for atom, k in terms.items():
            span = ranges.get(atom) or self.atom_span(atom)
            if k > 0:
                low += k * span[0]
                high += k * span[1]
            else:
                low += k * span[1]
                high += k * span[0]
        return low, high

    def atom_span(self, atom: Expr) -> Span:
        """Return a range that holds every value of `atom`."""
        known = self.ranges.get(atom) or self.spans.get(atom)
        if known is None:
            about = describe(atom)
            if about is None:
                return ANY
            known = self.spans[atom] = _SPANS.get(about.kind, _any)(about, atom, self)
        return known

    def operand_span(self, linear: Linear) -> Span:
        """Return a range of the expression with the linear form `linear`, which may wrap."""
        return WHOLE if self.may_wrap(linear) else self.span(linear)

    def may_wrap(self, *operands: Linear) -> bool:
        """Tell whether one of the linear forms may leave 64 bits, in any order of addition.

        Otherwise a form has the value of its expression. If it may wrap, the two are equal only
        modulo 2**64, so that they compare and divide differently.
        """
        for linear in operands:
            if linear.atom() is None and self._reach_of(linear) > WHOLE[1]:
                return True
        return False

    def product_may_wrap(self, product: Expr) -> bool:
        """Tell whether a product of atoms may leave 64 bits; then its factors do not bound it."""
        return self.reach(product) > WHOLE[1]

    def _reach_of(self, linear: Linear) -> int:
        """Return the largest magnitude of a sum of the terms of `linear`, in any order."""
        reach = abs(linear.const)
        for atom, k in linear.terms.items():
            reach += abs(k) * (self.reaches.get(atom) or self.reach(atom))
        return reach

    def reach(self, atom: Expr) -> int:
        """Return the largest magnitude of `atom`."""
        known = self.reaches.get(atom)
        if known is None:
            low, high = self.atom_span(atom)
            is_open = math.isinf(low) or math.isinf(high)
            known = self._assumed_reach(atom) if is_open else int(max(-low, high))
            self.reaches[atom] = known
        return known

    def _assumed_reach(self, atom: Expr) -> int:
        """Return the largest magnitude of an atom without a range, whose operands may be large."""
        about = describe(atom)
        if about is None:
            return MOST_ELEMENTS
        if about.data:
            return 1 << 63
        if about.kind is e.FloorDiv and not (divisor := about.operands[1]).terms:
            return self._reach_of(about.operands[0]) // max(1, abs(divisor.const)) + 1
        return max((MOST_ELEMENTS, *map(self._reach_of, about.operands)))

    def _tighten_from(self, fact: Linear, atom: Expr, k: int) -> None:
        rest = {other: m for other, m in fact.terms.items() if other is not atom}
        most = self.span_of(rest, fact.const)[1]
        if most == math.inf:
            return
        if k > 0:
            self._tighten(atom, -(most // k), math.inf)
        else:
            self._tighten(atom, -math.inf, most // -k)

    def _tighten(self, atom: Expr, low: float, high: float) -> None:
        before = self.atom_span(atom)
        span = self.ranges[atom] = max(before[0], low), min(before[1], high)
        if span != before:
            self._forget()

    def _forget(self) -> None:
        self.spans: dict[Expr, Span] = {}
        self.reaches: dict[Expr, int] = {}
        self.linears: dict[Expr, Linear] = {}
        """The results of `simplify.linear` for nodes that are not affine."""
        self.forms: dict[Expr, Linear] = {}
        """The forms that are not negative where simplified orders of indices hold."""
        self.results: dict[Expr, Expr] = {}
        """The results of `simplify`."""
        self.scopes: dict[Any, Bounds | None] = {}
        """The results of `where` and `inside`; None if it is the same scope."""


def _is_known(fact: Linear) -> bool:
    """Tell whether a form says something about variables, and is not of data."""
    return bool(fact.terms) and not has_data(fact.terms)


Rule = Callable[[Atom, Expr, Bounds], Span]


def _any(about: Atom, atom: Expr, bounds: Bounds) -> Span:
    return ANY


def _floordiv(about: Atom, atom: Expr, bounds: Bounds) -> Span:
    (low, high), (least, most) = map(bounds.operand_span, about.operands)
    if not 0 < least <= most:
        far = max(-low, high)
        return -far, far
    return (
        min(_quotient(low, least), _quotient(low, most)),
        max(_quotient(high, least), _quotient(high, most)),
    )


def _quotient(a: float, b: float) -> float:
    """Return `a // b` for a positive `b`; both may be infinite."""
    if b == math.inf:
        return -1 if a < 0 else 0
    return a if math.isinf(a) else a // b


def _floormod(about: Atom, atom: Expr, bounds: Bounds) -> Span:
    (low, high), (least, most) = map(bounds.operand_span, about.operands)
    if not 0 < least <= most:
        far = max(-least, most)
        return -far, far
    return 0, min(most - 1, high) if low >= 0 else most - 1


def _between(low: Callable[..., float], high: Callable[..., float]) -> Rule:
    """Make a rule: from `low` of the operands' least values to `high` of their greatest."""

    def span(about: Atom, atom: Expr, bounds: Bounds) -> Span:
        a, b = map(bounds.operand_span, about.operands)
        return low(a[0], b[0]), high(a[1], b[1])

    return span


def _product(about: Atom, atom: Expr, bounds: Bounds) -> Span:
    """Return the range of a product: all 64-bit numbers if its bounded factors may leave it."""
    low: float = 1
    high: float = 1
    reach = 1
    for factor in about.factors:
        span = bounds.ranges.get(factor) or bounds.atom_span(factor)
        corners = [_times(x, y) for x in (low, high) for y in span]
        low, high = min(corners), max(corners)
        known = bounds.reach(factor)
        if not (math.isinf(span[0]) or math.isinf(span[1])) or known > MOST_ELEMENTS:
            reach *= known
        if reach > WHOLE[1]:
            return WHOLE
    return low, high


def _times(x: float, y: float) -> float:
    return 0 if x == 0 or y == 0 else x * y


def _cast(about: Atom, atom: Expr, bounds: Bounds) -> Span:
    source = atom.value.dtype  # type: ignore[attr-defined]
    if source.is_bool:
        return 0, 1
    if source.is_float or source.max_value > WHOLE[1]:
        return WHOLE
    return source.min_value, source.max_value


_SPANS: dict[type, Rule] = {
    e.FloorDiv: _floordiv,
    e.FloorMod: _floormod,
    e.Min: _between(min, min),
    e.Max: _between(max, max),
    e.Select: _between(min, max),
    e.Mul: _product,
    e.Cast: _cast,
}
