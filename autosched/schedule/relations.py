"""Splits and fusions, which make the axes of a stage from each other.

A split makes two axes of one, a fusion one of two or of none, and so the axes of an operation, the
roots, become its loops, the leaves. Extents are pushed from the roots to the leaves, values
are pulled from the leaves to the roots. Both are expressions, or numbers of many candidates
at once: `Arithmetic` has the operations for them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Generic, TypeVar

from autosched.ir.build import ceildiv, const
from autosched.ir.expr import Const, Expr
from autosched.schedule.rewrite import fresh_axis
from autosched.schedule.tail import Tail
from autosched.te.axis import Axis

Size = TypeVar("Size")
"""An extent or a value: an expression, a number, or an array of numbers."""


@dataclass(frozen=True, slots=True)
class Arithmetic(Generic[Size]):
    """Division rounded up, the smaller of two and the number one, for one kind of sizes."""

    ceil_div: Callable[[Size, Size], Size]
    least: Callable[[Size, Size], Size]
    one: Size


def _known_least(size: Expr, other: Expr) -> Expr:
    """Return `size`, or `other` if that is known to be smaller."""
    both = type(size) is Const and type(other) is Const
    return other if both and other.value < size.value else size  # type: ignore[attr-defined]


EXPRESSIONS: Arithmetic[Expr] = Arithmetic(ceildiv, _known_least, const(1))


@dataclass(slots=True, eq=False)
class AxisSplit:
    """`parent` = outer * factor + inner."""

    parent: Axis
    outer: Axis
    inner: Axis
    tail: Tail

    done: ClassVar[str] = "split"

    @classmethod
    def of(cls, parent: Axis, factor: Expr, tail: Tail) -> AxisSplit:
        """Split `parent` into new axes: over tiles, and over the points of a tile.

        A tile has `factor` points, but no more than `parent` where both are known.
        """
        factor = EXPRESSIONS.least(factor, parent.extent)
        count = ceildiv(parent.extent, factor)
        outer = fresh_axis(f"{parent.name}.outer", count, parent.kind)
        return cls(parent, outer, fresh_axis(f"{parent.name}.inner", factor, parent.kind), tail)

    @property
    def factor(self) -> Expr:
        """The number of points of a whole tile."""
        return self.inner.extent

    @property
    def sources(self) -> tuple[Axis, ...]:
        return (self.parent,)

    @property
    def results(self) -> tuple[Axis, ...]:
        return self.outer, self.inner

    @property
    def is_even(self) -> bool:
        """Whether the factor is known to divide the extent."""
        return divides(self.factor, self.parent.extent)

    def point(self, outer: Any, inner: Any, factor: Any) -> Any:
        """Return the value of the parent."""
        return outer * factor + inner


@dataclass(slots=True, eq=False)
class AxisFusion:
    """`fused` = outer * extent(inner) + inner."""

    outer: Axis
    inner: Axis
    fused: Axis

    done: ClassVar[str] = "fused"

    @classmethod
    def of(cls, outer: Axis, inner: Axis) -> AxisFusion:
        """Fuse two axes into a new one over all their points."""
        name, extent = f"{outer.name}.{inner.name}.fused", outer.extent * inner.extent
        return cls(outer, inner, fresh_axis(name, extent, outer.kind))

    @property
    def sources(self) -> tuple[Axis, ...]:
        return self.outer, self.inner

    @property
    def results(self) -> tuple[Axis, ...]:
        return (self.fused,)

    def point(self, fused: Any, inner: Any) -> tuple[Any, Any]:
        """Return the values of the outer and the inner axis; `inner` is the inner extent."""
        return fused // inner, fused % inner

    def counts(self, points: Size, inner: Size, arithmetic: Arithmetic[Size]) -> tuple[Size, Size]:
        """Return how many outer and inner points are covered by `points` of the fused axis."""
        return arithmetic.ceil_div(points, inner), arithmetic.least(inner, points)


@dataclass(slots=True, eq=False)
class AxisUnit:
    """A loop of one point, which no axis is made into: the fusion of none."""

    unit: Axis

    done: ClassVar[str] = "made"
    sources: ClassVar[tuple[Axis, ...]] = ()

    @property
    def results(self) -> tuple[Axis, ...]:
        return (self.unit,)


Relation = AxisSplit | AxisFusion | AxisUnit


def divides(factor: Expr, extent: Expr) -> bool:
    """Tell whether `factor` is known to divide `extent`."""
    if type(factor) is Const and type(extent) is Const:
        return bool(extent.value % factor.value == 0)
    return factor is extent


def splits(relations: Iterable[Relation]) -> list[AxisSplit]:
    """Return the splits among `relations`."""
    return [relation for relation in relations if isinstance(relation, AxisSplit)]


def push(
    relations: Iterable[Relation],
    extents: dict[Axis, Size],
    arithmetic: Arithmetic[Size],
    factor: Callable[[AxisSplit, Size], Size],
) -> None:
    """Fill in `extents`, which has the roots, for all axes that are made from them.

    `factor(split, n)` returns the factor of a split of n points. A tile has at most n points.
    """
    for relation in relations:
        if isinstance(relation, AxisSplit):
            parent = extents[relation.parent]
            tile = arithmetic.least(factor(relation, parent), parent)
            extents[relation.inner] = tile
            extents[relation.outer] = arithmetic.ceil_div(parent, tile)
        elif isinstance(relation, AxisUnit):
            extents[relation.unit] = arithmetic.one
        else:
            outer, inner = (extents[source] for source in relation.sources)
            extents[relation.fused] = operator.mul(outer, inner)


def pull(
    relations: Sequence[Relation],
    values: dict[Axis, Size],
    of_split: Callable[[AxisSplit, Size, Size], Size],
    of_fusion: Callable[[AxisFusion, Size], tuple[Size, Size]],
) -> None:
    """Fill in `values`, which has the leaves, for all axes that they are made from.

    `of_split` returns the value of the parent from the values of outer and inner; `of_fusion`
    returns the values of outer and inner from the value of the fused axis.
    """
    for relation in reversed(relations):
        if isinstance(relation, AxisSplit):
            outer, inner = values[relation.outer], values[relation.inner]
            values[relation.parent] = of_split(relation, outer, inner)
        elif isinstance(relation, AxisFusion):
            pair = of_fusion(relation, values[relation.fused])
            values[relation.outer], values[relation.inner] = pair


def carried(
    relations: Iterable[Relation], seeds: Iterable[Axis], *, outer: bool = True, inner: bool = True
) -> dict[Axis, frozenset[Axis]]:
    """Map each axis made from `seeds`, and each seed, to the seeds that it is made from.

    If `outer` is False, the outer axes of splits and fusions are not followed: the axes found
    advance by single points. If `inner` is False, the inner axes are not followed: the axes
    found advance by the largest steps.
    """
    found = {axis: frozenset((axis,)) for axis in seeds}
    for relation in relations:
        sides = product(relation.sources, relation.results)
        for (source, result), is_followed in zip(sides, (outer, inner), strict=False):
            if is_followed and source in found:
                found[result] = found.get(result, frozenset()) | found[source]
    return found


def origins(relations: Sequence[Relation], axis: Axis, *, inner: bool = True) -> set[Axis]:
    """Return each axis that `axis` is made from, and `axis` itself.

    Without `inner` the inner sides of splits are not followed.
    """
    found = {axis}
    for relation in reversed(relations):
        if not found.isdisjoint(relation.results if inner else relation.results[:1]):
            found.update(relation.sources)
    return found
