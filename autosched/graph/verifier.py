"""What holds in every graph, checked."""

from __future__ import annotations

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.operators.operator import check_arity


def verify(graph: Graph) -> None:
    """Raise GraphError unless the graph is well formed.

    Every value is defined once, before it is read, under a name of its own; every constant has
    the shape of its type; every node has as many inputs as its operator takes, and an output.
    """
    names: set[str] = set()
    defined: set[Value] = set()

    def define(value: Value) -> None:
        if value in defined or value.name in names:
            raise GraphError(f"expected one definition of {value.name} in {graph.name}, got two")
        names.add(value.name)
        defined.add(value)

    for value in graph.inputs:
        define(value)
    for value, array in graph.constants.items():
        define(value)
        if value.type is None or value.type.names or value.type.shape != array.shape:
            found = list(array.shape)
            raise GraphError(f"expected an array of {value.type} for {value.name}, got {found}")
    for node in graph.nodes:
        _check_node(node, defined)
        for value in node.outputs:
            define(value)
    for value in graph.outputs:
        if value not in defined:
            raise GraphError(f"expected an output that is computed, got {value.name}")


def _check_node(node: Node, defined: set[Value]) -> None:
    if not node.outputs:
        raise GraphError(f"expected an output of {node.name}, got none")
    for value in node.given:
        if value not in defined:
            raise GraphError(f"expected inputs of {node.name} that are computed, got {value.name}")
    try:
        check_arity(type(node.operator), len(node.inputs), node.inputs)
    except GraphError as error:
        raise GraphError(f"{node.name}: {error.message}") from error
    for attribute in vars(node.operator).values():
        if isinstance(attribute, Graph):
            verify(attribute)
