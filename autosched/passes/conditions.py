"""Conditions of a nest as inequalities of affine forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear
from autosched.ir.dtype import INDEX
from autosched.ir.expr import And, Expr, Le, Lt
from autosched.ir.traverse import chained


@dataclass(slots=True)
class Inequality:
    """`linear < 0`, for integers, as `expr` says it."""

    expr: Expr
    linear: Linear


def conjuncts(condition: Expr) -> list[Expr]:
    """The bools that `condition` is the conjunction of."""
    return chained(condition, And)


def inequalities(condition: Expr) -> Iterator[Inequality]:
    """Those conjuncts of `condition` that compare scalar indices which cannot wrap."""
    for part in conjuncts(condition):
        if not isinstance(part, Lt | Le):
            continue
        if part.a.dtype is not INDEX:
            continue
        a, b = to_linear(part.a), to_linear(part.b)
        if not Bounds().may_wrap(a, b):
            yield Inequality(part, a - b - 1 if isinstance(part, Le) else a - b)


def without(linear: Linear, atom: Expr) -> Linear:
    """`linear` less its term in `atom`."""
    return Linear(linear.const, {a: k for a, k in linear.terms.items() if a is not atom})
