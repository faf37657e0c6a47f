"""Proves that a linear form is not negative, if ranges alone do not decide it.

The search subtracts a multiple of a fact `f >= 0` from the goal, so that an atom vanishes that
both have with the same sign. If the rest is not negative, neither is the goal: `n - 1 - i >= 0`,
known of a loop, proves `i < n`. Divisions, minima and products add facts of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from math import gcd

from autosched.analysis.affine import Atom, describe, multiply, product_atom
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear, of_atom
from autosched.analysis.long_division import long_division
from autosched.ir import expr as e
from autosched.ir.expr import Expr

MAX_DEPTH = 5
MAX_STEPS = 48
"""Eliminations tried for one goal; a goal that holds takes a handful."""


def nonnegative(goal: Linear, bounds: Bounds) -> bool:
    """Try to prove `goal >= 0`; False means only that no proof was found."""
    low, high = bounds.span_of(goal.terms, goal.const)
    if low >= 0:
        return True
    if high < 0 or (not bounds.facts and len(goal.terms) < 2):
        return False
    return _Search(bounds).prove(goal, MAX_DEPTH)


class _Search:
    def __init__(self, bounds: Bounds):
        self.bounds = bounds
        self.steps = MAX_STEPS
        self.seen: set[Linear] = set()

    def prove(self, goal: Linear, depth: int) -> bool:
        low, high = self.bounds.span_of(goal.terms, goal.const)
        if low >= 0:
            return True
        if high < 0 or depth == 0:
            return False
        for atom, k in reversed(goal.terms.items()):
            about = self._known(atom)
            if about is not None and _has_cases(about, k):
                return self._cases(goal, atom, k, about, depth)
            for fact in self._facts(atom, k, about):
                if self._eliminate(goal, fact, atom, depth):
                    return True
        return False

    def _known(self, atom: Expr) -> Atom | None:
        """Return the facts about an atom, unless its value or an operand may wrap."""
        about = describe(atom)
        if about is None or not about.operands:
            wraps = type(atom) is e.Mul and self.bounds.product_may_wrap(atom)
            return None if wraps else about
        return None if self.bounds.may_wrap(*about.operands) else about

    def _eliminate(self, goal: Linear, fact: Linear, atom: Expr, depth: int) -> bool:
        k, f = goal.terms[atom], fact.terms.get(atom, 0)
        if k * f <= 0:
            return False
        common = gcd(k, f)
        rest = goal * (abs(f) // common) - fact * (abs(k) // common)
        if rest in self.seen or not self.steps:
            return False
        self.steps -= 1
        self.seen.add(rest)
        return self.prove(rest, depth - 1)

    def _cases(self, goal: Linear, atom: Expr, k: int, about: Atom, depth: int) -> bool:
        """Prove the goal with each operand in place of the atom, which is one of them."""
        rest = goal - of_atom(atom) * k
        return all(self.prove(rest + operand * k, depth - 1) for operand in about.operands)

    def _facts(self, atom: Expr, k: int, about: Atom | None) -> Iterator[Linear]:
        yield from self.bounds.facts.get(atom, ())
        if about is None:
            return
        if about.factors:
            yield from self._product_facts(about.factors, k)
        elif about.operands:
            yield from self._operation_facts(atom, about, *about.operands)

    def _operation_facts(self, atom: Expr, about: Atom, a: Linear, b: Linear) -> Iterator[Linear]:
        this = of_atom(atom)
        if about.kind is e.FloorDiv and not b.terms and b.const > 0:
            yield a - this * b.const
            yield this * b.const - a + (b.const - 1)
        elif about.kind is e.FloorDiv and self.bounds.span(b)[0] > 0:
            yield from (most - this for most in self._quotients(a, b))
        elif about.kind is e.FloorMod:
            if b.terms and self.bounds.span(b)[0] > 0:
                yield b - this - 1
            if self.bounds.span(a)[0] >= 0:
                yield a - this
        elif about.kind is e.Min:
            yield a - this
            yield b - this
        elif about.kind is e.Max:
            yield this - a
            yield this - b

    def _quotients(self, a: Linear, b: Linear) -> Iterator[Linear]:
        """Yield what `a // b` is at most, where facts tell that `a` is below a multiple of `b`."""
        for atom, k in a.terms.items():
            for fact in self._facts(atom, -k, self._known(atom)):
                quotient, rest = long_division(fact + a + 1, b)
                if rest == Linear():
                    yield quotient - 1

    def _product_facts(self, factors: tuple[Expr, ...], k: int) -> Iterator[Linear]:
        """Yield facts about one factor, times the other factors if these are not negative."""
        for place, factor in enumerate(factors):
            others = of_atom(product_atom(factors[:place] + factors[place + 1 :]))
            if self.bounds.span(others)[0] < 0:
                continue
            about = self._known(factor)
            for fact in (*self._range_facts(factor), *self._facts(factor, k, about)):
                yield multiply(fact, others)

    def _range_facts(self, atom: Expr) -> Iterator[Linear]:
        low, high = self.bounds.atom_span(atom)
        if not math.isinf(low):
            yield of_atom(atom) - int(low)
        if not math.isinf(high):
            yield -of_atom(atom) + int(high)


def _has_cases(about: Atom, k: int) -> bool:
    return about.kind in (e.Select, e.Min if k > 0 else e.Max)
