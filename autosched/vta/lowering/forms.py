"""Index expressions as linear forms, and their values as arrays.

The values are computed for all iterations (visits) of a statement at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from autosched.analysis.affine import describe, to_linear
from autosched.analysis.linear import Linear, Terms, nonzero
from autosched.errors import LoweringError
from autosched.ir import expr as e
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.stmt import Store

Env = dict[Expr, Any]
"""The values of each loop variable: an array with an axis for that variable alone."""


@lru_cache(64)
def flat(access: Load | Store) -> Linear:
    """Return the flat index of `access` in its buffer, with row-major strides.

    `storage_align` has no effect on the accelerator.
    """
    terms: Terms = {}
    const, extents = 0, shape(access.buffer)
    for number, index in enumerate(access.indices):
        const += to_linear(index).add_to(terms, prod(extents[number + 1 :]))
    return nonzero(const, terms)


def shape(buffer: Buffer) -> tuple[int, ...]:
    """Return the extents of a buffer as numbers. Raises LoweringError if one is symbolic."""
    for extent in buffer.shape:
        if type(extent) is not Const:
            raise LoweringError(
                f"expected constant extents of {buffer.name} on the accelerator, got {extent}",
                hint="build the expression for the sizes it will run with",
            )
    return tuple(int(extent.value) for extent in buffer.shape)  # type: ignore[attr-defined]


def elements(buffer: Buffer) -> int:
    """Return the number of elements of a buffer."""
    return prod(shape(buffer))


def nonaffine_vars(linear: Linear) -> frozenset[Var]:
    """Return the variables on which `linear` depends in a non-affine way."""
    found: frozenset[Var] = frozenset()
    for atom in linear.terms:
        if not isinstance(atom, Var):
            about = describe(atom)
            assert about is not None
            found |= about.vars
    return found


def evaluate(linear: Linear, env: Env) -> Any:
    """Return the values of `linear` for the values of the variables in `env`."""
    total = linear.const
    for atom, k in linear.terms.items():
        values = env[atom] if atom in env else number(atom, env)
        total = total + k * values
    return total


def number(node: Any, env: Env) -> Any:
    """Return the values of an index or, as 0 and 1, of a condition; `env` has its variables."""
    kind = type(node)
    if kind is Const:
        return int(node.value)
    if isinstance(node, Var):
        return env[node]
    if kind is e.Select:
        condition = number(node.condition, env)
        return np.where(condition, number(node.then, env), number(node.otherwise, env))
    if kind is e.Not:
        return 1 - number(node.a, env)
    if kind is e.Cast:
        return number(node.value, env)
    operator = _BINARY.get(kind)
    if operator is None:
        raise LoweringError(
            f"expected an index that follows from the loops alone on the accelerator, got {node}"
        )
    return operator(number(node.a, env), number(node.b, env))


def _truth(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: np.asarray(compare(a, b)).astype(np.int64)


_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    e.Add: lambda a, b: a + b,
    e.Sub: lambda a, b: a - b,
    e.Mul: lambda a, b: a * b,
    e.FloorDiv: lambda a, b: np.where(b == 0, 0, a // np.where(b == 0, 1, b)),
    e.FloorMod: lambda a, b: np.where(b == 0, 0, a % np.where(b == 0, 1, b)),
    e.Min: np.minimum,
    e.Max: np.maximum,
    e.Lt: _truth(lambda a, b: a < b),
    e.Le: _truth(lambda a, b: a <= b),
    e.Eq: _truth(lambda a, b: a == b),
    e.Ne: _truth(lambda a, b: a != b),
    e.And: lambda a, b: a & b,
    e.Or: lambda a, b: a | b,
}
