"""Linear forms: a constant plus integer multiples of atoms.

An atom is a variable or a node that is not affine, such as `x // 4`. Atoms are compared by
identity; `autosched.analysis.affine` makes one node of all atoms with the same structure.
"""

from __future__ import annotations

from math import gcd
from typing import Any

from autosched.ir.build import const as make_const
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, Const, Expr, Mul, Sub

Terms = dict[Expr, int]

_SMALL = {value: make_const(value, INDEX) for value in range(-1024, 4097)}


def index(value: int) -> Const:
    """Return an index constant; the small ones are shared."""
    small = _SMALL.get(value)
    return make_const(value, INDEX) if small is None else small


class Linear:
    """`const` plus the sum of coefficient times atom; coefficients are not zero.

    It never changes. The order of `terms`, that of first appearance, matters only for printing.
    """

    __slots__ = ("_key", "const", "terms")

    def __init__(self, const: int = 0, terms: Terms | None = None):
        self.const = const
        self.terms: Terms = {} if terms is None else terms
        self._key: tuple[int, frozenset[tuple[Expr, int]]] | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal linear forms, and hashable."""
        if self._key is None:
            self._key = (self.const, frozenset(self.terms.items()))
        return self._key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Linear):
            return NotImplemented
        return self.const == other.const and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.key)

    def __add__(self, other: Linear | int) -> Linear:
        if isinstance(other, int):
            return Linear(self.const + other, self.terms)
        terms = dict(self.terms)
        return nonzero(self.const + other.add_to(terms, 1), terms)

    def __sub__(self, other: Linear | int) -> Linear:
        if isinstance(other, int):
            return Linear(self.const - other, self.terms)
        terms = dict(self.terms)
        return nonzero(self.const + other.add_to(terms, -1), terms)

    def __mul__(self, factor: int) -> Linear:
        if factor == 1:
            return self
        if factor == 0:
            return Linear()
        terms = {atom: factor * k for atom, k in self.terms.items()}
        return Linear(self.const * factor, terms)

    def __neg__(self) -> Linear:
        return self * -1

    def __repr__(self) -> str:
        return f"<Linear {self.to_expr()}>"

    def without(self, atom: Expr) -> Linear:
        """Return this form without its term in `atom`."""
        return Linear(self.const, {a: k for a, k in self.terms.items() if a is not atom})

    def add_to(self, terms: Terms, scale: int) -> int:
        """Add `scale` times the terms to `terms`, keeping zeros; return the scaled constant."""
        for atom, k in self.terms.items():
            terms[atom] = terms.get(atom, 0) + k * scale
        return self.const * scale

    def divisor(self) -> int:
        """Return the greatest common divisor of the coefficients; 0 for a constant."""
        return gcd(*self.terms.values())

    def atom(self) -> Expr | None:
        """Return the atom if this is one, with coefficient 1 and no constant, else None."""
        if len(self.terms) == 1 and not self.const:
            ((atom, k),) = self.terms.items()
            return atom if k == 1 else None
        return None

    def to_expr(self) -> Expr:
        """Return the canonical expression: positive terms, negative terms, the constant."""
        result: Expr | None = None
        negative = False
        for atom, k in self.terms.items():
            if k < 0:
                negative = True
                continue
            term = atom if k == 1 else Mul(atom, index(k), INDEX)
            result = term if result is None else Add(result, term, INDEX)
        const = self.const
        if negative:
            if result is None and const > 0:
                result, const = index(const), 0
            result = _subtract(result, self.terms)
        if result is None:
            return index(const)
        return Add(result, index(const), INDEX) if const else result


def _subtract(result: Expr | None, terms: Terms) -> Expr | None:
    for atom, k in terms.items():
        if k > 0:
            continue
        if result is None:
            result = Mul(atom, index(k), INDEX)
        else:
            result = Sub(result, atom if k == -1 else Mul(atom, index(-k), INDEX), INDEX)
    return result


def nonzero(const: int, terms: Terms) -> Linear:
    """Return the linear form of `terms`, which it may keep, without zero coefficients."""
    if 0 in terms.values():
        terms = {atom: k for atom, k in terms.items() if k}
    return Linear(const, terms)


def of_atom(atom: Expr) -> Linear:
    return Linear(0, {atom: 1})
