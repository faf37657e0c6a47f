"""Values that lie in the memory of others, and so need no kernel or no memory of their own.

Where the sizes before an axis are 1, a part along it is a range of the memory. What is written
piece by piece into one array is then its concatenation:

    a = conv(x)           a lies in c, from its beginning
    b = conv(y)           b lies in c, behind a
    c = concat(a, b)      nothing is left to do
    d = slice(c)          d lies in c

Reshapes are views of any value. Parts are those of arrays between kernels: what the caller gives
or gets has memory of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import prod
from typing import Any

from autosched.graph.graph import Graph, Node, Value
from autosched.graph.operators.movement import Concat, Slice, Split
from autosched.graph.operators.reduction import normalized
from autosched.graph.operators.reshaping import ReshapeLike, Reshaping
from autosched.graph.operators.unchanged import Unchanged
from autosched.runtime.arrays import ALIGNMENT_BYTES

RESHAPES = Unchanged | Reshaping | ReshapeLike
"""Operators whose output is the memory of their first input."""


@dataclass(frozen=True, slots=True)
class Within:
    """A range of the memory of `root`, from the element `start` on."""

    root: Value
    start: int


@dataclass
class Views:
    """The places of a graph's values within others; `nodes` are those that compute nothing."""

    nodes: set[Node] = field(default_factory=set)
    _places: dict[Value, Within] = field(default_factory=dict)

    def place(self, value: Value) -> Within:
        """Where a value lies: in itself, unless it is a view or a part of another."""
        start, root = 0, value
        while root in self._places:
            place = self._places[root]
            start, root = start + place.start, place.root
        return Within(root, start)

    def root(self, value: Value) -> Value:
        """The value whose memory a value is in."""
        return self.place(value).root

    def has_place(self, value: Value) -> bool:
        """Whether a value lies in another."""
        return value in self._places

    def add(self, node: Node, places: Mapping[Value, Within]) -> None:
        """Place values in others, so that the node computes nothing."""
        self.nodes.add(node)
        self._places.update(places)


def views_of(graph: Graph) -> Views:
    """The views of a bound graph."""
    return _Finder(graph).views


class _Finder:
    def __init__(self, graph: Graph):
        self.views = Views()
        self._graph = graph
        for node in graph.nodes:
            if isinstance(node.operator, RESHAPES) and _has_size(node.outputs[0]):
                self.views.add(node, {node.outputs[0]: Within(node.given[0], 0)})
        self._returned = set(map(self.views.root, graph.outputs))
        for node in graph.nodes:
            if isinstance(node.operator, Slice | Split):
                self._split(node)
        for node in reversed(graph.nodes):  # of those that share parts the largest comes last
            if isinstance(node.operator, Concat):
                self._concatenate(node, node.operator.axis)

    def _split(self, node: Node) -> None:
        """Place the outputs of a slice or a split in its input, if they are ranges of it."""
        source, outputs = node.given[0], node.outputs
        if self._returned & set(outputs) or not self._is_between(self.views.root(source)):
            return
        starts = self._starts(node)
        if starts and all(map(_is_aligned, outputs, starts)):
            places = [Within(source, start) for start in starts]
            self.views.add(node, dict(zip(outputs, places, strict=True)))

    def _starts(self, node: Node) -> Sequence[int]:
        """The elements of its input at which the outputs of a slice or a split begin.

        None if an output is not one range of the input's memory.
        """
        source, operator = node.given[0], node.operator
        if not all(map(_has_size, (source, *node.outputs))):
            return ()
        if isinstance(operator, Split):
            return _starts_along(operator.axis, node.outputs)
        assert isinstance(operator, Slice)
        known: list[Any] = [v and self._graph.constants.get(v) for v in node.inputs]
        if any(array is None for array, v in zip(known[1:], node.inputs[1:], strict=True) if v):
            return ()
        sizes = _sizes(source)
        ranges = operator.ranges(sizes, *known[1:])
        last = max((i for i, r in enumerate(ranges) if len(r) < sizes[i]), default=0)
        is_range = all(len(r) == 1 for r in ranges[:last]) and all(r.step == 1 for r in ranges)
        start = sum(r.start * prod(sizes[place + 1 :]) for place, r in enumerate(ranges))
        return [start] if is_range and all(ranges) else ()

    def _concatenate(self, node: Node, axis: int) -> None:
        """Place the inputs of a concatenation in its output, if they are ranges of it.

        If they lie one behind the other already, the output is placed there.
        """
        made = node.outputs[0]
        if made in self._returned or not all(map(_has_size, node.given)):
            return
        starts = _starts_along(axis, node.given)
        if not starts or not all(map(_is_aligned, node.given, starts)):
            return
        places = [self.views.place(value) for value in node.given]
        roots = [place.root for place in places]
        if (
            not self.views.has_place(made)
            and self._is_between(roots[0])
            and places == [Within(roots[0], places[0].start + start) for start in starts]
        ):
            self.views.add(node, {made: places[0]})
        elif len(set(roots)) == len(roots) and all(map(self._is_whole, node.given)):
            inner = [Within(made, start) for start in starts]
            self.views.add(node, dict(zip(roots, inner, strict=True)))

    def _is_whole(self, value: Value) -> bool:
        """Whether a value is all of an array that lies between kernels."""
        root = self.views.root(value)
        return self._is_between(root) and prod(_sizes(root)) == prod(_sizes(value))

    def _is_between(self, root: Value) -> bool:
        """Whether an array is computed, of a known size, and not returned."""
        is_computed = root in self._graph.producers and root not in self._returned
        return is_computed and _has_size(root)


def _starts_along(axis: int, parts: Sequence[Value]) -> Sequence[int]:
    """The elements of an array at which its parts along an axis begin; none if not ranges."""
    sizes = [_sizes(value) for value in parts]
    outer = sizes[0][: normalized(axis, len(sizes[0]), "parts")]
    return [0, *accumulate(map(prod, sizes[:-1]))] if prod(outer) == 1 else ()


def _is_aligned(value: Value, start: int) -> bool:
    assert value.type is not None, "its sizes are known"
    return start * value.type.dtype.bytes % ALIGNMENT_BYTES == 0


def _has_size(value: Value) -> bool:
    return value.type is not None and not value.type.names


def _sizes(value: Value) -> tuple[int, ...]:
    assert value.type is not None, "its sizes are known"
    return value.type.sizes
