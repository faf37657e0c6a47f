"""The part of `tvm.arith` that scripts use: simplifying and proving."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autosched.analysis.affine import to_linear, vars_of
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear, index
from autosched.analysis.simplify import interval, prove, simplify
from autosched.ir.build import as_expr, eq
from autosched.ir.expr import Expr, Var
from autosched.ir.rewrite import substitute
from autosched.te.axis import Range
from autosched.tvm.absent import refusing

__all__ = ["Analyzer", "ConstIntBound", "detect_linear_equation"]


@dataclass(frozen=True)
class ConstIntBound:
    """The least and the greatest value of an expression, infinite where there is none."""

    min_value: float
    max_value: float


def detect_linear_equation(expr: Any, var_list: Sequence[Var]) -> list[Expr]:
    """Return the factor of each variable and what is added; none where `expr` is not linear."""
    form = to_linear(as_expr(expr))
    rest = Linear(form.const, {at: k for at, k in form.terms.items() if at not in var_list})
    if not vars_of(rest).isdisjoint(var_list):
        return []
    return [*(index(form.terms.get(var, 0)) for var in var_list), rest.to_expr()]


class Analyzer:
    """Simplifies expressions and proves conditions, given the ranges of variables."""

    def __init__(self) -> None:
        self._bounds = Bounds()
        self._values: dict[Var, Expr] = {}

    def bind(self, var: Var, expr: Range | Any) -> None:
        """Give a variable a range or a value."""
        if isinstance(expr, Range):
            self._bounds.add_loop(var, as_expr(expr.min), as_expr(expr.extent))
        else:
            self._values[var] = as_expr(expr)

    def update(self, var: Var, info: ConstIntBound, override: bool = False) -> None:
        """Give a variable a least and a greatest value."""
        ends = info.min_value, info.max_value
        self._bounds.add_range(var, *(int(end) if math.isfinite(end) else None for end in ends))

    def simplify(self, expr: Any, steps: int = 2) -> Expr:
        """Return the expression in its simplest form."""
        return simplify(substitute(as_expr(expr), self._values), self._bounds)

    rewrite_simplify = canonical_simplify = simplify

    def can_prove(self, expr: Any, strength: int = 0) -> bool:
        """Tell whether a condition is proved to hold."""
        return prove(substitute(as_expr(expr), self._values), self._bounds) is True

    def can_prove_equal(self, lhs: Any, rhs: Any) -> bool:
        """Tell whether two expressions are proved to be equal."""
        return self.can_prove(eq(lhs, rhs))

    def const_int_bound(self, expr: Any) -> ConstIntBound:
        """Return bounds of an integer expression."""
        low, high = interval(substitute(as_expr(expr), self._values), self._bounds)
        return ConstIntBound(-math.inf if low is None else low, math.inf if high is None else high)


__getattr__ = refusing(__name__)
