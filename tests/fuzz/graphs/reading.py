"""Reading the tensors that there are: elements, formulas of them, conditions on them."""

from __future__ import annotations

from typing import Any

from autosched import te
from tests.fuzz.graphs.draws import Draws
from tests.fuzz.graphs.formulas import changed, combined, place, where
from tests.fuzz.graphs.graph import Node
from tests.fuzz.graphs.indices import Along, Dim, index, unguarded
from tests.fuzz.graphs.values import KINDS, Value, converted, merged, zero


class Reader:
    """Reads any of `nodes`, by what is drawn."""

    def __init__(self, draw: Draws):
        self.draw = draw
        self.nodes: list[Node] = []

    def one_of(self, items: Any) -> Any:
        return items[self.draw(len(items))]

    def read(self, axes: list[Along], node: Node | None = None, straight: bool = False) -> Value:
        """An element of some tensor, now and then only where it is inside."""
        node = node or self.recent()
        if axes and node.dims and not straight and not self.draw(8):
            return self.read_inside(axes, node)
        places: list[Any] = []
        for dim in node.dims:
            unused = [each for each in axes if not any(each.axis is at for at in places)]
            places.append(self.place(unused or axes, dim, straight))
        return Value(node.tensor(*places), *facts(node.known))

    def recent(self) -> Node:
        """Any tensor, more often one of the last."""
        some = self.nodes if not self.draw(3) else self.nodes[-3:]
        return self.one_of(some)

    def place(self, axes: list[Along], dim: Dim, straight: bool) -> Any:
        integers = [
            node for node in self.nodes if not node.known.is_float and node.known.kind != "bool"
        ]
        if integers and not straight and not self.draw(12):
            source = self.one_of(integers)
            places = [index(self.draw, each, axes, True) for each in source.dims]
            return te.clip(source.tensor(*places).astype("int64"), 0, dim.expr - 1)
        return index(self.draw, dim, axes, straight)

    def read_inside(self, axes: list[Along], node: Node) -> Value:
        places, conditions = [], []
        for dim in node.dims:
            if self.draw(2):
                at, inside = self.gathered(axes, dim) or unguarded(self.draw, dim, axes)
                places.append(at)
                conditions.append(inside)
            else:
                places.append(index(self.draw, dim, axes, True))
        x = Value(node.tensor(*places), *facts(node.known))
        if not conditions:
            return x
        other = zero(x)
        return merged(te.if_then_else(te.all(*conditions), x.expr, other.expr), x, other)

    def gathered(self, axes: list[Along], dim: Dim) -> tuple[Any, Any] | None:
        """An index that stands in memory, and where it is inside; None where none is drawn."""
        integers = [node for node in self.nodes if node.known.kind in ("int32", "int64", "int8")]
        if not integers or self.draw(3):
            return None
        place = self.read(axes, self.one_of(integers), straight=True).expr.astype("int64")
        return place, te.all(place >= 0, place < dim.expr)

    def condition(self, axes: list[Along], over: list[Along]) -> Any:
        """Which points are reduced: those at some places, or where some tensor is true."""
        flags = [node for node in self.nodes if node.known.kind == "bool"]
        if flags and self.draw(2):
            return self.read([*axes, *over], self.one_of(flags), straight=True).expr
        return where(self.draw, [*axes, *over])

    def start(self, x: Value, axes: list[Along]) -> Any:
        """A number to start a reduction from: a constant, or an element of something alike."""
        alike = [
            node
            for node in self.nodes
            if node.known.kind == x.kind and node.known.exact and not node.known.special
        ]
        if x.is_float or not alike or self.draw(2):
            return te.const(2.0**x.quantum if x.is_float else 1, x.kind)
        return self.read(axes, self.one_of(alike), straight=True).expr

    def formula(self, axes: list[Along], count: int, straight: bool = False) -> Value:
        """A value of `count` reads."""
        node = self.recent()
        x = self.read(axes, node, straight)
        for _ in range(count - 1):
            alike = [each for each in self.nodes if each.dims == node.dims]
            y = self.read(axes, self.one_of(alike) if self.draw(2) else None, straight)
            x = combined(self.draw, x, y, axes)
        if not self.draw(3):
            x = changed(self.draw, x)
        if not self.draw(6):
            x = combined(self.draw, x, place(self.draw, axes, x.kind), axes)
        if not self.draw(8):
            kind = self.one_of(KINDS)
            x = converted(x, kind)
        return x


def facts(x: Value) -> tuple[Any, ...]:
    return x.kind, x.quantum, x.units, x.special, x.exact, x.most
