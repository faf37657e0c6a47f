"""Where reshapes and transposes, one after another, put the elements of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value
from autosched.graph.operators import movement as mv
from autosched.graph.operators.reshaping import Reshape, Reshaping


@dataclass(eq=False, slots=True)
class Part:
    """A factor of an axis: with those after it in the axis it counts the axis's points."""

    size: int


Axes = list[list[Part]]


class Arrangement:
    """The axes of a source, each in parts, and the axes of a result as lists of these parts.

    Axes of one point have no parts. After `reshape([6, 4])` and `transpose([1, 0])` of a source
    `[2, 3, 4]` the parts of the result are `[[4], [2, 3]]`.
    """

    def __init__(self, shape: Sequence[int]):
        self.source: Axes = [[Part(size)] if size > 1 else [] for size in shape]
        self.result: Axes = [list(parts) for parts in self.source]

    @property
    def order(self) -> list[Part]:
        """The parts of the result, outermost first."""
        return _flat(self.result)

    @property
    def is_view(self) -> bool:
        """Whether the result has the elements in the order of the source."""
        return self.order == _flat(self.source)

    def transpose(self, order: Sequence[int]) -> None:
        self.result = [self.result[axis] for axis in order]

    def reshape(self, shape: Sequence[int]) -> bool:
        """Regroup the parts, dividing them where needed; False where one cannot be divided so."""
        left, made = self.order, []
        for size in shape:
            own: list[Part] = []
            while size > 1:
                part = left.pop(0)
                if size % part.size and part.size % size:
                    return False
                if size < part.size:
                    left.insert(0, self._divided(part, size))
                own.append(part)
                size //= part.size
            made.append(own)
        self.result = made
        return True

    def _divided(self, part: Part, size: int) -> Part:
        """Leave the part `size` points; return the part of the others, which follows it."""
        inner = Part(part.size // size)
        part.size = size
        home = next(parts for parts in self.source if part in parts)
        home.insert(home.index(part) + 1, inner)
        return inner

    def merge(self) -> None:
        """Make one of two parts that follow each other in an axis of both source and result."""
        for axis, parts in enumerate(self.result):
            merged: list[Part] = []
            for part in parts:
                home = next(own for own in self.source if part in own)
                before = home[home.index(part) - 1] if home[0] is not part else None
                if merged and merged[-1] is before:
                    before.size *= part.size
                    home.remove(part)
                else:
                    merged.append(part)
            self.result[axis] = merged


def _flat(axes: Axes) -> list[Part]:
    return [part for parts in axes for part in parts]


def is_move(node: Node | None) -> bool:
    """Whether the node is a transpose, or a reshape of any kind, to a known shape."""
    if node is None or not isinstance(node.operator, mv.Transpose | Reshaping):
        return False
    kinds = node.given[0].type, node.outputs[0].type
    return all(kind is not None and not kind.names and kind.elements for kind in kinds)


def arranged(chain: Sequence[Node]) -> Arrangement | None:
    """What moves, each of the one before, do to the input of the first."""
    kind = chain[0].given[0].type
    assert kind is not None
    found = Arrangement(kind.sizes)
    for node in chain:
        kind = node.outputs[0].type
        assert kind is not None
        if isinstance(node.operator, mv.Transpose):
            found.transpose(node.operator.order(kind.rank))
        elif not found.reshape(kind.sizes):
            return None
    return found


def is_read_once(value: Value, graph: Graph) -> bool:
    """Whether one node reads the value, and the caller does not get it."""
    return len(graph.users[value]) == 1 and value not in graph.outputs


def carried(value: Value, start: Axes, end: Axes, builder: GraphBuilder) -> Value | None:
    """An operand that broadcasts to the axes `start`, for elements that lie in the axes `end`.

    Only a constant can be transposed. None too for one that broadcasts along a part of an axis
    of `end` and not along the rest of it, and for one whose shape only a run tells.
    """
    kind = value.type
    if kind is None or kind.names:
        return None
    shape = (1,) * (len(start) - kind.rank) + kind.sizes
    pairs = list(zip(shape, start, strict=True))
    present = {part for size, parts in pairs if size > 1 for part in parts}
    if any(len({part in present for part in parts}) > 1 for parts in end):
        return None
    before = [part for part in _flat(start) if part in present]
    after = [part for part in _flat(end) if part in present]
    sizes = [prod(part.size for part in parts if part in present) for parts in end]
    array = builder.known(value)
    while array is not None and sizes and sizes[0] == 1:
        sizes.pop(0)
    if before == after:
        return reshaped(value, sizes, builder)
    if array is None:
        return None
    apart = array.reshape([part.size for part in before])
    moved = apart.transpose([before.index(part) for part in after]).reshape(sizes)
    return builder.constant(np.ascontiguousarray(moved), value.name, kind.with_shape(*sizes))


def reshaped(value: Value, sizes: Sequence[int], builder: GraphBuilder, name: str = "") -> Value:
    """The value in another shape, under that name or one like its own."""
    kind = value.type
    assert kind is not None
    if kind.sizes == tuple(sizes):
        return value
    array = builder.known(value)
    if array is not None:
        new = kind.with_shape(*sizes)
        return builder.constant(array.reshape(sizes), value.name, new)
    shape = builder.constant(np.array(sizes, np.int64), f"{value.name}.shape")
    return builder.add(Reshape(allow_zero=True), value, shape, name=name or value.name)[0]
