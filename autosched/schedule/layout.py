"""Layouts: the order and the tiles in which a copy of a tensor keeps its elements.

A layout is a sequence of entries. `[d, f]` counts the tiles of `f` points of dimension `d` within
a tile of the previous entry for `d`; a plain `d` counts the remaining points, and comes last.
`[[1, 48], 0, 1]` keeps element `[k, n]` at `[n // 48, k, n % 48]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autosched.ir.build import add, and_, const, floordiv, floormod, lt, mul
from autosched.ir.expr import Expr
from autosched.ir.stmt import LoopKind
from autosched.schedule.relations import Relation, carried, divides
from autosched.te.axis import Axis

Layout = tuple[int | tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One dimension of the copy: `dimension % above // unit`, or `dimension // unit`."""

    dimension: int
    unit: int
    above: int | None

    def extent(self, shape: Sequence[Expr]) -> Expr:
        if self.above is not None:
            return const(self.above // self.unit)
        whole = shape[self.dimension]
        return floordiv(add(whole, self.unit - 1), self.unit)

    def index(self, indices: Sequence[Expr]) -> Expr:
        index = indices[self.dimension]
        if self.above is not None:
            index = floormod(index, self.above)
        return floordiv(index, self.unit)


def parse(layout: Layout | None, rank: int) -> list[Part] | str:
    """Return the parts of a layout of a tensor of `rank` dimensions, or what is wrong with it."""
    if layout is None:
        return [Part(dimension, 1, None) for dimension in range(rank)]
    parts: list[Part] = []
    above: dict[int, int] = {}
    complete: set[int] = set()
    for entry in layout:
        dimension, unit = entry if isinstance(entry, tuple) else (entry, 1)
        if not 0 <= dimension < rank:
            return f"dimension {dimension} of a tensor of {rank}"
        if dimension in complete:
            return f"dimension {dimension} again after all of it was placed"
        if above.get(dimension, unit) % unit:
            return f"units of {unit} in tiles of {above[dimension]} in dimension {dimension}"
        parts.append(Part(dimension, unit, above.get(dimension)))
        above[dimension] = unit
        if not isinstance(entry, tuple):
            complete.add(dimension)
    missing = [dimension for dimension in range(rank) if dimension not in complete]
    return f"no place for the rest of dimension {missing[0]}" if missing else parts


def source_indices(parts: list[Part], axes: Sequence[Expr], rank: int) -> tuple[Expr, ...]:
    """Return the indices, in the tensor, of the element that lies at `axes` in the copy."""
    indices: list[Expr] = [const(0)] * rank
    for part, axis in zip(parts, axes, strict=True):
        indices[part.dimension] = add(indices[part.dimension], mul(axis, part.unit))
    return tuple(indices)


def inside(parts: list[Part], indices: Sequence[Expr], shape: Sequence[Expr]) -> Expr:
    """Return the condition that `indices` are inside the tensor: the last tile may exceed it."""
    conditions = []
    for part in parts:
        extent = shape[part.dimension]
        is_even = part.unit == 1 or divides(const(part.unit), extent)
        if part.above is None and not is_even:
            conditions.append(lt(indices[part.dimension], extent))
    return and_(*conditions)


def axis_names(parts: list[Part], whole: Sequence[str] = ()) -> list[str]:
    """Return names of axes: `ax1` for a whole dimension, `ax1.0`, `ax1.1` ... for its parts.

    `whole` has other names of the whole dimensions.
    """
    dimensions = [part.dimension for part in parts]
    names = []
    for position, dimension in enumerate(dimensions):
        nth = dimensions[:position].count(dimension)
        name = whole[dimension] if whole else f"ax{dimension}"
        names.append(name + (f".{nth}" if dimensions.count(dimension) > 1 else ""))
    return names


def local_order(
    axes: tuple[Axis, ...], relations: Sequence[Relation], kinds: Mapping[Axis, LoopKind]
) -> tuple[int, ...]:
    """Return the dimensions of a local buffer, outermost first: the vectorized one comes last."""
    order = list(range(len(axes)))
    contiguous = carried(relations, axes, outer=False)
    for loop, kind in kinds.items():
        if kind is LoopKind.VECTORIZED and loop in contiguous:
            (axis,) = contiguous[loop]
            order.append(order.pop(order.index(axes.index(axis))))
    return tuple(order)
