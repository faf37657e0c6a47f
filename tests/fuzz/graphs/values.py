"""Values whose results are known to be exact, so that no order of computing changes them.

A float is a multiple of a power of two and not so large that a bit is lost; what would lose one is
clipped before. Integers wrap at their width. What intrinsics give is not exact: it is finite,
not negative, and goes only where a small relative error stays one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from autosched import te

BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}
KINDS = (
    *("float32",) * 6,
    *("float64", "float16", "bfloat16"),
    *("int32", "int32", "int8", "uint8", "int64", "int16", "uint32", "bool"),
)
LEAST_QUANTUM = {"float64": -200, "float32": -60, "float16": -8, "bfloat16": -60}
MOST_EXPONENT = {"float64": 200, "float32": 60, "float16": 14, "bfloat16": 60}
MOST = 1e4
"""The greatest value that is not exact."""


@dataclass(frozen=True)
class Value:
    """An expression, and what is known of it.

    A float is a multiple of `2**quantum`, at most `units` of them, or infinite or NaN where it
    is `special`. One that is not `exact` is from 0 to `most`.
    """

    expr: Any
    kind: str
    quantum: int = 0
    units: int = 1
    special: bool = False
    exact: bool = True
    most: float = 1.0

    @property
    def is_float(self) -> bool:
        return self.kind in BITS

    def fits(self) -> bool:
        """It is the same in its dtype, whatever was rounded on the way."""
        if not self.exact:
            return self.most <= MOST
        top = self.quantum + self.units.bit_length()
        small = self.units <= 1 << BITS[self.kind]
        return (
            small and self.quantum >= LEAST_QUANTUM[self.kind] and top <= MOST_EXPONENT[self.kind]
        )


def clipped(x: Value, units: int = 4) -> Value:
    """At most so many units of it."""
    if not x.exact:
        return Value(te.minimum(x.expr, te.const(1.0, x.kind)), x.kind, exact=False, most=1.0)
    if x.quantum < LEAST_QUANTUM[x.kind] or x.quantum + 3 > MOST_EXPONENT[x.kind]:
        return Value(te.const(1, x.kind), x.kind)
    limit = float(units) * 2.0**x.quantum
    expr = te.clip(x.expr, te.const(-limit, x.kind), te.const(limit, x.kind))
    return replace(x, expr=expr, units=units)


def converted(x: Value, kind: str) -> Value:
    """The value in another dtype, changed where it would not be exact there."""
    if x.kind == kind:
        return x
    if not x.exact:
        if kind in ("float32", "float64"):
            return replace(x, expr=x.expr.astype(kind), kind=kind)
        return converted(Value(x.expr * te.const(0.0, x.kind), x.kind), kind)
    if kind == "bool":
        return Value(x.expr > te.const(0, x.kind), kind)
    if not x.is_float:
        if kind not in BITS:
            return Value(x.expr.astype(kind), kind)
        if x.kind == "bool":
            return Value(x.expr.astype(kind), kind)
        low = te.const(0 if x.kind.startswith("u") else -4, x.kind)
        return Value(te.clip(x.expr, low, te.const(4, x.kind)).astype(kind), kind, units=4)
    if kind not in BITS:
        number = te.if_then_else(te.isnan(x.expr), te.const(0, x.kind), x.expr)
        limits = te.const(0 if kind.startswith("u") else -100, x.kind), te.const(100, x.kind)
        return Value(te.clip(number, *limits).astype(kind), kind)
    wanted = replace(x, kind=kind)
    if not wanted.fits():
        x = clipped(x)
        wanted = replace(x, kind=kind)
    if not wanted.fits():
        return Value(te.const(1, kind), kind)
    return replace(wanted, expr=x.expr.astype(kind))


def added(x: Value, y: Value, sign: int = 1) -> Value:
    if not x.is_float:
        return Value(x.expr + y.expr if sign > 0 else x.expr - y.expr, x.kind)
    if not (x.exact and y.exact):
        x, y = rough(x), rough(y)
        return Value(x.expr + y.expr, x.kind, exact=False, most=x.most + y.most)
    quantum = min(x.quantum, y.quantum)
    gap = max(x.quantum, y.quantum) - quantum
    if gap > 60:
        return x
    units = (x.units << x.quantum - quantum) + (y.units << y.quantum - quantum)
    expr = x.expr + y.expr if sign > 0 else x.expr - y.expr
    return Value(expr, x.kind, quantum, units, x.special or y.special)


def multiplied(x: Value, y: Value) -> Value:
    if not x.is_float:
        return Value(x.expr * y.expr, x.kind)
    if not (x.exact and y.exact):
        x, y = rough(x), rough(y)
        return Value(x.expr * y.expr, x.kind, exact=False, most=x.most * y.most)
    special = x.special or y.special
    return Value(x.expr * y.expr, x.kind, x.quantum + y.quantum, x.units * y.units, special)


def merged(expr: Any, x: Value, y: Value) -> Value:
    """One of the two, by whatever condition."""
    if not (x.exact and y.exact):
        return Value(expr, x.kind, exact=False, most=max(x.most, y.most))
    quantum = min(x.quantum, y.quantum)
    if max(x.quantum, y.quantum) - quantum > 60:
        return x
    units = max(x.units << x.quantum - quantum, y.units << y.quantum - quantum)
    return Value(expr, x.kind, quantum, units, x.special or y.special)


def rough(x: Value) -> Value:
    """A value as one that is not exact: its magnitude, clipped."""
    if not x.exact:
        return x
    expr = te.minimum(te.abs(x.expr), te.const(2.0, x.kind))
    number = te.if_then_else(te.isnan(expr), te.const(0.5, x.kind), expr)
    return Value(number, x.kind, exact=False, most=2.0)


def safe(x: Value) -> Value:
    """A value that fits its dtype."""
    return x if not x.is_float or x.fits() else clipped(x)


def zero(x: Value) -> Value:
    """Zero, or false, of the dtype of another value, and as exact."""
    none = Value(te.const(False) if x.kind == "bool" else te.const(0, x.kind), x.kind)
    return none if x.exact else rough(none)
