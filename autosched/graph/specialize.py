"""What of its inputs a network is made for: their types, and the elements that decide shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Value
from autosched.graph.graph import rewrite as rewritten
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.operator import is_static
from autosched.graph.operators.shapes import Shape, Size
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype
from autosched.target.probe import memory_bytes

Array = np.ndarray

Part = tuple[np.dtype, tuple[int, ...], bytes | None]
"""The dtype and shape of an input, and its bytes where its elements decide shapes."""

Key = tuple[Part, ...]
"""A part for each input: calls with the same key run the same network."""

MOST_VALUES = 64
"""Elements of an input that a network is made for at most: shapes and axes are few."""


def deciding(graph: Graph) -> frozenset[Value]:
    """The inputs whose elements may decide shapes, such as the target of a reshape."""
    found: set[Value] = set()
    seen: set[Value] = set()
    todo = [
        value
        for node in graph.nodes
        for place, value in enumerate(node.inputs)
        if value is not None and is_static(type(node.operator), place)
    ]
    while todo:
        value = todo.pop()
        node = graph.producers.get(value)
        if value in seen or (node is not None and isinstance(node.operator, Shape | Size)):
            continue
        seen.add(value)
        if node is not None:
            todo += node.given
        elif value not in graph.constants and (value.type is None or value.type.rank <= 1):
            found.add(value)
    return frozenset(found)


def key_of(arrays: Sequence[Array], decides: Sequence[bool]) -> Key:
    """The key of a call."""
    return tuple(
        [
            (array.dtype, array.shape, array.tobytes() if known and _is_small(array) else None)
            for array, known in zip(arrays, decides, strict=True)
        ]
    )


def key_for(
    graph: Graph,
    decides: Sequence[bool],
    sizes: Mapping[str, int],
    values: Mapping[str, Array],
) -> Key:
    """The key of calls with these named sizes; `values` are the arrays of some inputs, by name.

    Needed are those whose elements decide shapes, and those whose type the graph leaves open.
    Raises GraphError where a size or an array is missing.
    """
    parts: list[Part] = []
    for value, known in zip(graph.inputs, decides, strict=True):
        array = values.get(value.name)
        if array is not None:
            parts += key_of([array], [known])
            continue
        if known or value.type is None:
            raise GraphError(
                f"expected an array for the input {value.name} of {graph.name}, on which shapes "
                f"depend, got none"
            )
        kind = value.type.bound(sizes)
        if kind.names:
            raise GraphError(
                f"expected a value for each size of {graph.name}, got none for "
                f"{', '.join(kind.names)}"
            )
        parts.append((kind.dtype.numpy, kind.sizes, None))
    return tuple(parts)


def specialized(graph: Graph, key: Key) -> Graph:
    """The bound graph of the calls with a key: inputs whose elements it has are constants."""
    types: dict[str, TensorType] = {}
    left: list[Value] = []
    constants = dict(graph.constants)
    for value, (element, shape, data) in zip(graph.inputs, key, strict=True):
        given = dtype(element) if value.type is None else value.type.dtype
        types[value.name] = TensorType(given, shape)
        if data is None:
            left.append(value)
        else:
            constants[value] = np.frombuffer(data, element).reshape(shape)
    known = Graph(graph.name, tuple(left), graph.outputs, graph.nodes, constants)
    return retyped(known, types)


def check_fits(name: str, kind: TensorType | None) -> None:
    """Raise GraphError for a value of known sizes that is larger than the memory."""
    if kind is not None and not kind.names and kind.bytes > memory_bytes():
        raise GraphError(f"expected values that fit into the memory, got {kind} for {name}")


def retyped(graph: Graph, types: Mapping[str, TensorType]) -> Graph:
    """The graph with these types of inputs and constants, by name, and what follows from them."""
    return rewritten(graph, lambda node, inputs, builder: None, _Builder(graph.name, types))


def is_dynamic(part: Part) -> bool:
    """Whether an input reaches the network: its elements are not known to it."""
    return part[2] is None


class _Builder(TypedBuilder):
    def __init__(self, name: str, types: Mapping[str, TensorType]):
        super().__init__(name)
        self._given = types

    def input(self, name: str, type: TensorType | None) -> Value:
        return super().input(name, self._given.get(name, type))

    def constant(self, array: Array, name: str = "", type: TensorType | None = None) -> Value:
        return super().constant(array, name, self._given.get(name, type))


def _is_small(array: Array) -> bool:
    return array.size <= MOST_VALUES
