"""The types of all values of a graph, from those of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.operators.operator import Operator, is_static
from autosched.graph.operators.shapes import Shape, Size
from autosched.graph.types import MOST_BYTES, TensorType, values_of
from autosched.te.arrays import to_storage

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
    return rewrite(graph, lambda node, inputs, builder: None, TypedBuilder(graph.name, sizes))


class TypedBuilder(GraphBuilder):
    """A builder of a bound graph, which infers the types of all that is added.

    `sizes` are numbers for the named sizes of inputs. Without them nodes are copied from graphs
    that are bound: they keep their types where those of their inputs are the same.
    """

    def __init__(self, name: str, sizes: Mapping[str, int] | None = None):
        super().__init__(name)
        self._sizes = sizes or {}
        self._copies_types = sizes is None
        self._computed: dict[Value, np.ndarray | None] = {}

    def input(self, name: str, type: TensorType | None) -> Value:
        return super().input(name, type and type.bound(self._sizes))

    def copy(self, node: Node, inputs: Sequence[Value | None]) -> tuple[Value, ...]:
        if not (self._copies_types and _has_types_for(node, inputs)):
            return super().copy(node, inputs)
        names = [value.name for value in node.outputs]
        types = [value.type for value in node.outputs]
        return self._added(node.operator, inputs, node.name, names, types)

    def _types(
        self, operator: Operator, inputs: Sequence[Value | None], name: str
    ) -> Sequence[TensorType]:
        given: list[Any] = []
        for place, value in enumerate(inputs):
            if value is None:
                given.append(None)
                continue
            static = is_static(type(operator), place)
            found = self.small(value) if static else value.type
            if found is None or (isinstance(found, TensorType) and found.names):
                return ()  # only a run can tell
            given.append(found)
        return types_of(operator, given, name)

    def small(self, value: Value) -> np.ndarray | None:
        """The array of a value that follows from constants and shapes, if it is small.

        On a stack of our own: a file may have a chain of any length.
        """
        todo = [value]
        while todo:
            waiting = [given for given in self._read(todo[-1]) if given not in self._computed]
            if waiting:
                todo += waiting
            else:
                current = todo.pop()
                self._computed[current] = self._evaluated(current)
        return self._computed[value]

    def _read(self, value: Value) -> Sequence[Value]:
        """What `_evaluated` needs to know to evaluate a value."""
        node, kind = self.producer(value), value.type
        if node is None or kind is None or kind.names or isinstance(node.operator, Shape | Size):
            return ()
        return node.given if kind.elements <= MOST_FOLDED else ()

    def _evaluated(self, value: Value) -> np.ndarray | None:
        known, node = self.known(value), self.producer(value)
        if known is not None:
            assert value.type is not None, "a constant has a type"
            return values_of(known, value.type.dtype)
        if node is not None and isinstance(node.operator, Shape | Size):
            return of_shape(node.operator, node.given[0])
        read = self._read(value)
        if node is None or value.type is None or any(self._computed[v] is None for v in read):
            return None
        if not read and node.given:
            return None
        arrays = [None if given is None else self._computed[given] for given in node.inputs]
        with fitting(node.operator, node.name):
            found = node.operator.outputs(arrays)[node.outputs.index(value)]
        return values_of(to_storage(found, value.type.dtype), value.type.dtype)


def _has_types_for(node: Node, inputs: Sequence[Value | None]) -> bool:
    """Whether the node has types, and they follow from types alone, which are those of `inputs`."""
    if type(node.operator).static or any(value.type is None for value in node.outputs):
        return False
    return all(
        new is old or (new is not None and old is not None and new.type == old.type)
        for old, new in zip(node.inputs, inputs, strict=True)
    )


def of_shape(operator: Shape | Size, source: Value) -> np.ndarray | None:
    """What the operator says of the shape of a value; None where that is not known."""
    kind = source.type
    return None if kind is None or kind.names else operator.of(kind)


def types_of(operator: Operator, given: Sequence[Any], name: str) -> Sequence[TensorType]:
    """The types that an operator infers. A GraphError has the name, which is that of a node.

    Raises GraphError where the inputs do not fit, and for an output of more than MOST_BYTES.
    """
    with fitting(operator, name):
        found = operator.infer(*given)
        types = [found] if isinstance(found, TensorType) else found
        for kind in types:
            known = [size for size in kind.shape if isinstance(size, int)]
            if min(known, default=0) < 0 or prod(known) * kind.dtype.bytes > MOST_BYTES:
                raise GraphError(f"expected a result of at most {MOST_BYTES} bytes, got {kind}")
    return types


@contextmanager
def fitting(operator: Operator, name: str) -> Iterator[None]:
    """Raise what NumPy raises of an operator's inputs as a GraphError, which names the node."""
    try:
        yield
    except GraphError as error:
        raise type(error)(f"{name}: {error.message}", hint=error.hint) from error
    except (IndexError, ValueError, OverflowError, ZeroDivisionError, MemoryError) as error:
        raise GraphError(
            f"{name}: expected inputs that fit {operator.name}, got {error}"
        ) from error
