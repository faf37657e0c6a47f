"""Divides linear forms by symbolic ones, term by term."""

from __future__ import annotations

from autosched.analysis.affine import factors_of, multiply, product_atom
from autosched.analysis.linear import Linear, of_atom
from autosched.ir.expr import Expr


def long_division(a: Linear, b: Linear) -> tuple[Linear, Linear]:
    """Return q and r with `a = q*b + r`: r has no term that the first term of b divides."""
    lead, k = next(iter(b.terms.items()))
    quotient = Linear()
    for atom, m in a.terms.items():
        cofactor = None if m % k else _cofactor(atom, lead)
        if cofactor is not None:
            part = of_atom(product_atom(cofactor)) if cofactor else Linear(1)
            quotient = quotient + part * (m // k)
    return quotient, a - multiply(quotient, b) if quotient != Linear() else a


def _cofactor(atom: Expr, lead: Expr) -> tuple[Expr, ...] | None:
    """Return the factors of `atom` without those of `lead`; None if one is missing."""
    left = list(factors_of(atom))
    for factor in factors_of(lead):
        if factor not in left:
            return None
        left.remove(factor)
    return tuple(left)
