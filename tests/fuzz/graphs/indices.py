"""Index expressions that stay inside of an extent, by themselves or under a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autosched import te
from tests.fuzz.graphs.draws import Draws


@dataclass(frozen=True, eq=False)
class Dim:
    """An extent, and its value where it is symbolic."""

    expr: Any
    value: int


@dataclass(frozen=True, eq=False)
class Along:
    """An axis with the extent it has."""

    axis: Any
    dim: Dim


def index(draw: Draws, dim: Dim, axes: list[Along], straight: bool = False) -> Any:
    """An expression from 0 up to the extent; a `straight` one is an axis where one fits."""
    same = [each.axis for each in axes if each.dim is dim or _constant(each.dim, dim)]
    if same and (straight or draw(3)):
        return same[draw(len(same))]
    n = dim.value
    fixed = isinstance(dim.expr, int)
    makers = [lambda: te.const(0, "int64")]
    if fixed:
        makers.append(lambda: te.const(draw(n), "int64"))
    if same:
        makers.append(lambda: dim.expr - 1 - same[draw(len(same))])
    if axes:
        any_axis = lambda: axes[draw(len(axes))].axis  # noqa: E731
        last = dim.expr - 1
        makers.append(lambda: te.clip(any_axis() + (draw(5) - 2), 0, last))
        if fixed:
            makers.append(lambda: (any_axis() + draw(3)) % n)
            makers.append(lambda: te.minimum(any_axis() // (1 + draw(3)), last))
            makers.append(lambda: te.clip(any_axis() * (1 + draw(3)) + any_axis(), 0, last))
            if n > 1:
                makers += [maker for each in axes if (maker := _fitting(draw, each, axes, n))]
    return makers[draw(len(makers))]()


def unguarded(draw: Draws, dim: Dim, axes: list[Along]) -> tuple[Any, Any]:
    """An index that may lie outside, and the condition under which it is inside."""
    place = axes[draw(len(axes))].axis * (1 + draw(2)) + (draw(7) - 3)
    if not draw(3):
        place = place - axes[draw(len(axes))].axis
    halved = isinstance(dim.expr, int) and not draw(4)
    inside = te.all(place >= 0, place < dim.expr * (2 if halved else 1))
    if halved:
        return place // 2, te.all(inside, place % 2 < 1)
    return place, inside


def _constant(a: Dim, b: Dim) -> bool:
    return isinstance(a.expr, int) and isinstance(b.expr, int) and a.value == b.value


def _fitting(draw: Draws, each: Along, axes: list[Along], n: int) -> Any:
    """An affine index that needs no clipping, if the axis leaves room for one."""
    if not isinstance(each.dim.expr, int) or each.dim.value > n:
        return None
    room = n - each.dim.value
    others = [
        other
        for other in axes
        if isinstance(other.dim.expr, int) and each.dim.value + other.dim.value - 1 <= n
    ]
    if others and draw(2):
        return lambda: each.axis + others[draw(len(others))].axis
    return lambda: each.axis + draw(room + 1)
