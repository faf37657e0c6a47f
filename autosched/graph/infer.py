"""The types of all values of a graph, from those of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.operators.operator import is_static
from autosched.graph.operators.shapes import Shape, Size
from autosched.graph.types import TensorType

MOST_FOLDED = 1 << 16
"""Elements of an array that inference computes at most: shapes and indices are small."""


def bind(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """The graph for these values of its named sizes, with the types of all values inferred.

    Raises GraphError where a size is missing, and where the inputs of a node do not fit it.
    """
    missing = [name for name in graph.sizes if name not in sizes]
    if missing:
        raise GraphError(
            f"expected a value for each size of {graph.name}, got none for {', '.join(missing)}"
        )
    return _Inference(sizes).run(graph)


class _Inference:
    """What is known of the values of a graph while it is rebuilt, operands first."""

    def __init__(self, sizes: Mapping[str, int]):
        self._sizes = sizes
        self._producers: dict[Value, Node] = {}
        self._known: dict[Value, np.ndarray | None] = {}

    def run(self, graph: Graph) -> Graph:
        inferred = rewrite(graph, self._inferred)
        for value in inferred.inputs:
            value.type = value.type and value.type.bound(self._sizes)
        return inferred

    def _inferred(
        self, node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value]:
        for value in inputs:
            if value is not None and value.type is not None and value.type.names:
                value.type = value.type.bound(self._sizes)
        names = [value.name for value in node.outputs]
        made = builder.add(node.operator, *inputs, name=node.name, outputs=names)
        new = Node(node.operator, tuple(inputs), made, node.name)
        for value in made:
            self._producers[value] = new
        for value, kind in zip(made, self._types(new, builder), strict=False):
            value.type = kind
        return made

    def _types(self, node: Node, builder: GraphBuilder) -> Sequence[TensorType]:
        given: list[Any] = []
        for place, value in enumerate(node.inputs):
            if value is None:
                given.append(None)
                continue
            found = (
                self._value(value, builder) if is_static(type(node.operator), place) else value.type
            )
            if found is None or (isinstance(found, TensorType) and found.names):
                return ()  # only a run can tell
            given.append(found)
        return types_of(node, given)

    def _value(self, value: Value, builder: GraphBuilder) -> np.ndarray | None:
        """The array of a value that follows from constants and shapes, if it is small."""
        if value not in self._known:
            self._known[value] = builder.known(value)
            if self._known[value] is None and value in self._producers:
                self._known[value] = self._computed(value, builder)
        return self._known[value]

    def _computed(self, value: Value, builder: GraphBuilder) -> np.ndarray | None:
        node = self._producers[value]
        operator = node.operator
        if isinstance(operator, (Shape, Size)):
            source = node.given[0].type
            return None if source is None else operator.of(source)
        if value.type is None or value.type.elements > MOST_FOLDED or len(node.outputs) > 1:
            return None
        arrays: list[np.ndarray | None] = []
        for given in node.inputs:
            array = None if given is None else self._value(given, builder)
            if given is not None and array is None:
                return None
            arrays.append(array)
        found = operator.evaluate(*arrays)
        return found if isinstance(found, np.ndarray) else found[0]


def types_of(node: Node, given: Sequence[Any]) -> Sequence[TensorType]:
    """What the node's operator infers. A GraphError names the node."""
    try:
        found = node.operator.infer(*given)
    except GraphError as error:
        raise type(error)(f"{node.name}: {error.message}", hint=error.hint) from error
    return [found] if isinstance(found, TensorType) else found
