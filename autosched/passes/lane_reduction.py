"""Reduces the lanes of vectorized loops that add values to one element.

`C[i] = C[i] + x[k]` with `k` in the lanes becomes `C[i] = C[i] + sum_lanes(x[ramp])`; the
vectors of several statements that add to the same element are added up first, so that the
lanes are combined once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import DType
from autosched.ir.expr import Call, Expr, Load
from autosched.ir.stmt import Stmt, Store
from autosched.ir.update import NEUTRAL, is_place, update


@dataclass(frozen=True)
class Combining:
    """The functions of an operator that combine two vectors, and the lanes of one."""

    apply: Callable[..., Expr]
    across: str
    neutral: Callable[[DType], int | float]


COMBINING: dict[type, Combining] = {
    e.Add: Combining(build.add, "sum_lanes", NEUTRAL[e.Add]),
    e.Mul: Combining(build.mul, "prod_lanes", NEUTRAL[e.Mul]),
    e.Min: Combining(build.minimum, "min_lanes", NEUTRAL[e.Min]),
    e.Max: Combining(build.maximum, "max_lanes", NEUTRAL[e.Max]),
}


def combination(store: Store) -> tuple[Combining, Expr] | None:
    """Return how `store` combines a value into its element, and the value; None if it does not."""
    found = update(store)
    return None if found is None else (COMBINING[type(store.value)], found[1])


def reduced(place: Load, combining: Combining, vector: Expr, mask: Expr | None) -> Store:
    """Return the statement that combines the lanes of `vector` under `mask` into `place`."""
    if mask is not None:
        scalar = vector.dtype.scalar
        neutral = build.const(combining.neutral(scalar), scalar)
        vector = build.select(mask, vector, build.broadcast(neutral, vector.dtype.lanes))
    value = combining.apply(place, Call(combining.across, (vector,), place.dtype))
    return Store(place.buffer, place.indices, value)


def merged(stmts: list[Stmt]) -> list[Stmt]:
    """Join neighbouring statements that reduce lanes into the same element."""
    result: list[Stmt] = []
    for stmt in stmts:
        both = _both(result[-1], stmt) if result else None
        if both is None:
            result.append(stmt)
        else:
            result[-1] = both
    return result


def _both(first: Stmt, second: Stmt) -> Stmt | None:
    a, b = _vector_of(first), _vector_of(second)
    if a is None or b is None or a[1].dtype is not b[1].dtype:
        return None
    (place, one), (other, two) = a, b
    assert isinstance(first, Store)
    assert isinstance(second, Store)
    if type(first.value) is not type(second.value) or not is_place(other, first):
        return None
    combining = COMBINING[type(first.value)]
    return reduced(place, combining, combining.apply(one, two), None)


def _vector_of(stmt: Stmt) -> tuple[Load, Expr] | None:
    """Return the element and the vector of a statement that `reduced` made; None for others."""
    if not isinstance(stmt, Store) or type(stmt.value) not in COMBINING:
        return None
    assert isinstance(stmt.value, e.Binary)
    place, call = stmt.value.a, stmt.value.b
    if type(call) is not Call or call.name != COMBINING[type(stmt.value)].across:
        return None
    return (place, call.args[0]) if is_place(place, stmt) else None
