"""Reads of an image between its points, at places that data give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autosched import te
from autosched.ir.expr import Expr


def linear(
    read: Callable[[list[Expr]], Expr], places: Sequence[Expr], extents: Sequence[Expr]
) -> Expr:
    """Return the linear interpolation of the points around a place; points outside are 0.

    `read` takes an index for each of the places, which are floats.
    """

    def along(index: list[Expr]) -> Expr:
        if len(index) == len(places):
            return read(index)
        place, extent = places[len(index)], extents[len(index)]
        low = te.floor(place)
        share = place - low

        def side(point: Expr) -> Expr:
            at = point.astype("int64")
            value = along([*index, te.clip(at, 0, extent - 1)])
            return te.if_then_else(te.all(at >= 0, at < extent), value, te.const(0, value.dtype))

        return side(low) * (1.0 - share) + side(low + 1.0) * share

    return along([])
