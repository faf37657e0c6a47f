"""Index expressions as linear forms, their elements in memories, and their values as arrays.

The values are computed for all iterations (visits) of a statement at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from autosched.vta.lowering.outline import Loop

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


@dataclass(frozen=True, slots=True)
class Operand:
    """An element index `base + sum of step * loop`, with a step for each loop of the nest.

    `lanes` are the loops inside one element, and their strides in numbers.
    """

    base: Linear
    steps: tuple[int, ...]
    lanes: Mapping[Expr, int]


def operand(access: Load | Store, vector: int, loops: list[Loop]) -> Operand:
    """Return the operand of `access` to a buffer whose elements hold `vector` numbers.

    Raises LoweringError where the loops do not run over whole elements.
    """
    linear, extents = flat(access), dict(loops)
    lanes: dict[Expr, int] = {}
    steps: dict[Expr, int] = {}
    outer: dict[Expr, int] = {}
    whole = linear.const % vector == 0
    for atom, k in linear.terms.items():
        if atom not in extents:
            outer[atom] = k // vector
            whole = whole and k % vector == 0
        elif k % vector == 0:
            steps[atom] = k // vector
        else:
            lanes[atom] = k
    size = 1
    for atom, k in sorted(lanes.items(), key=lambda lane: lane[1]):
        whole = whole and k == size
        size *= extents[atom]  # type: ignore[index]
    if not whole or size != vector:
        raise LoweringError(
            f"expected {access.buffer.name} to be read and written in whole blocks of {vector} "
            f"numbers, got its index {linear.to_expr()}",
            hint="leave the loops over a block whole and innermost, inside of all reduce axes",
        )
    base = Linear(linear.const // vector, outer)
    return Operand(base, tuple(steps.get(var, 0) for var, _ in loops), lanes)


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
