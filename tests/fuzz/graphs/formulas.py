"""Formulas of one element: what is done to values that were read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched import te
from tests.fuzz.graphs.draws import Draws
from tests.fuzz.graphs.indices import Along
from tests.fuzz.graphs.values import (
    Value,
    added,
    converted,
    merged,
    multiplied,
    rough,
    safe,
)


def combined(draw: Draws, x: Value, y: Value, axes: list[Along]) -> Value:
    """One value of two, of the first one's dtype."""
    y = converted(y, x.kind)
    if x.kind == "bool":
        return Value(_LOGIC[draw(len(_LOGIC))](x.expr, y.expr), "bool")
    if not draw(4):
        return chosen(draw, x, y, axes)
    if x.is_float:
        return safe(_PAIRS[draw(len(_PAIRS))](x, y))
    makers = (*_PAIRS, *_OF_INTEGERS)
    return makers[draw(len(makers))](x, y)


def changed(draw: Draws, x: Value) -> Value:
    """A value of one."""
    if x.kind == "bool":
        return Value(te.if_then_else(x.expr, te.const(False), te.const(True)), "bool")
    if not x.is_float:
        return _ON_INTEGERS[draw(len(_ON_INTEGERS))](x)
    if x.kind in ("float32", "float64") and not draw(4):
        x = rough(x)
        return Value(_FUNCTIONS[draw(len(_FUNCTIONS))](x.expr), x.kind, exact=False, most=10.0)
    makers = _ON_FLOATS if x.exact else _ON_FLOATS[:2]
    return safe(makers[draw(len(makers))](x))


def chosen(draw: Draws, x: Value, y: Value, axes: list[Along]) -> Value:
    """One of two values, by a condition on what they are or where they stand."""
    condition = compared(draw, x, y) if x.exact and y.exact and draw(2) else where(draw, axes)
    if not (x.exact and y.exact):
        x, y = rough(x), rough(y)
    return merged(te.if_then_else(condition, x.expr, y.expr), x, y)


def compared(draw: Draws, x: Value, y: Value) -> Any:
    return _COMPARISONS[draw(len(_COMPARISONS))](x.expr, converted(y, x.kind).expr)


def where(draw: Draws, axes: list[Along]) -> Any:
    """A condition on axes."""
    if not axes:
        return te.const(bool(draw(2)))
    i, j = (axes[draw(len(axes))].axis for _ in range(2))
    makers: tuple[Callable[[], Any], ...] = (
        lambda: j <= i,
        lambda: i < 1 + draw(6),
        lambda: (i + j) % (2 + draw(2)) < 1,
        lambda: i.equal(j + draw(2)),
        lambda: te.all(i >= draw(3), j < 2 + draw(9)),
        lambda: te.any(i < draw(4), j > draw(9)),
    )
    return makers[draw(len(makers))]()


def place(draw: Draws, axes: list[Along], kind: str) -> Value:
    """A value that depends on where it stands only, or on nothing."""
    if not axes or not draw(3):
        return Value(
            te.const(1 + draw(3), kind) if kind != "bool" else te.const(True), kind, units=4
        )
    if kind == "bool":
        return Value(where(draw, axes), kind)
    axis = axes[draw(len(axes))].axis
    return Value((axis % 4).astype(kind), kind, units=4)


def _least(x: Value, y: Value) -> Value:
    x, y = (x, y) if x.exact and y.exact else (rough(x), rough(y))
    return merged(te.minimum(x.expr, y.expr), x, y)


def _greatest(x: Value, y: Value) -> Value:
    x, y = (x, y) if x.exact and y.exact else (rough(x), rough(y))
    return merged(te.maximum(x.expr, y.expr), x, y)


def _difference(x: Value, y: Value) -> Value:
    """Of values that are not exact the quotient: a difference may be all error."""
    if x.is_float and not (x.exact and y.exact):
        x, y = rough(x), rough(y)
        return Value(x.expr / (y.expr + te.const(1.0, x.kind)), x.kind, exact=False, most=x.most)
    return added(x, y, -1)


_PAIRS = (added, _difference, multiplied, _least, _greatest)


def _integer(function: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    return lambda x, y: Value(function(x.expr, y.expr), x.kind)


_OF_INTEGERS = tuple(
    map(
        _integer,
        (
            lambda x, y: (x & y) | (x ^ y),
            lambda x, y: te.floordiv(x, te.maximum(te.minimum(y, 7), 1)),
            lambda x, y: te.floormod(x, te.maximum(te.minimum(y, 7), 1)),
            lambda x, y: te.truncdiv(x, 3) - te.truncmod(y, 3),
            lambda x, y: (x << 2) + (y >> 1),
        ),
    )
)

_LOGIC: tuple[Callable[[Any, Any], Any], ...] = (
    te.all,
    te.any,
    lambda x, y: te.if_then_else(x, y, te.const(False)),
)

_COMPARISONS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda x, y: x < y,
    lambda x, y: x <= y,
    lambda x, y: x > y,
    lambda x, y: x >= y,
    lambda x, y: x.equal(y),
    lambda x, y: te.any(x < y, x.equal(y)),
)

_ON_INTEGERS: tuple[Callable[[Value], Value], ...] = (
    lambda x: Value(te.abs(x.expr), x.kind),
    lambda x: Value(x.expr * x.expr, x.kind),
    lambda x: Value(te.popcount(x.expr), x.kind),
    lambda x: Value(te.maximum(x.expr, te.const(0, x.kind)), x.kind),
    lambda x: Value(te.const(0, x.kind) - x.expr, x.kind),
)


def _same(function: Callable[[Value], Any]) -> Callable[[Value], Value]:
    """A function of a float that makes it no larger and no finer."""
    return lambda x: Value(function(x), x.kind, x.quantum, x.units, x.special, x.exact, x.most)


_ON_FLOATS: tuple[Callable[[Value], Value], ...] = (
    _same(lambda x: te.abs(x.expr)),
    lambda x: multiplied(x, x),
    _same(lambda x: te.maximum(x.expr, te.const(0, x.kind))),
    _same(lambda x: te.const(0, x.kind) - x.expr),
    lambda x: multiplied(x, Value(te.const(0.25, x.kind), x.kind, quantum=-2)),
    lambda x: multiplied(x, Value(te.const(1024.0, x.kind), x.kind, quantum=10)),
    _same(lambda x: te.if_then_else(te.isnan(x.expr), te.const(0, x.kind), x.expr)),
    lambda x: Value(te.floor(x.expr), x.kind, max(x.quantum, 0), _floored(x), x.special),
    lambda x: Value(te.round(x.expr), x.kind, max(x.quantum, 0), _floored(x), x.special),
)


def _floored(x: Value) -> int:
    return x.units if x.quantum >= 0 else (x.units >> -x.quantum) + 1


_FUNCTIONS: tuple[Callable[[Any], Any], ...] = (
    te.tanh,
    te.erf,
    te.sigmoid,
    te.sqrt,
    te.exp,
    lambda x: te.log1p(x),
    lambda x: te.power(x + 1.0, 1.5),
    lambda x: 1.0 / (x + 1.0),
)
