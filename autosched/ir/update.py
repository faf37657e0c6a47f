"""Updates: stores that combine a value into the element that they write, as reductions do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from autosched.ir import expr as e
from autosched.ir.dtype import DType
from autosched.ir.expr import Buffer, Const, Expr, Load
from autosched.ir.stmt import Store
from autosched.ir.structure import equal
from autosched.ir.traverse import walk

NEUTRAL: dict[type[Expr], Callable[[DType], int | float]] = {
    e.Add: lambda dtype: 0,
    e.Mul: lambda dtype: 1,
    e.Min: lambda dtype: dtype.max_value,
    e.Max: lambda dtype: dtype.min_value,
}
"""The operators that may combine values in any order, with the neutral value of each."""


def is_neutral(kind: type[Expr], value: Expr) -> bool:
    """Tell whether combining with the constant `value` by the operator `kind` changes nothing."""
    return type(value) is Const and kind in NEUTRAL and value.value == NEUTRAL[kind](value.dtype)


def update(store: Store) -> tuple[Load, Expr] | None:
    """Return the load of the element that `store` updates, and the value combined into it.

    Returns None for other stores. Only a reduction reads the element that it writes, so that the
    order of such updates is free.
    """
    value = store.value
    if type(value) not in NEUTRAL:
        return None
    assert isinstance(value, e.Binary)
    for place, other in ((value.a, value.b), (value.b, value.a)):
        if is_place(place, store):
            return None if _reads(other, store.buffer) else (place, other)
    return None


def is_place(node: Expr, store: Store) -> TypeGuard[Load]:
    """Tell whether `node` reads the very element that `store` writes."""
    return (
        type(node) is Load
        and node.buffer is store.buffer
        and all(equal(a, b) for a, b in zip(node.indices, store.indices, strict=True))
    )


def _reads(node: Expr, buffer: Buffer) -> bool:
    return any(type(inner) is Load and inner.buffer is buffer for inner in walk(node))
