"""What a graph means: its outputs, computed by NumPy one node after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from autosched.errors import InternalError
from autosched.graph.graph import Graph, Node, Value, ordered_inputs
from autosched.graph.infer import fitting, types_of
from autosched.graph.operators.operator import Operator, is_static
from autosched.graph.types import TensorType, values_of
from autosched.ir.dtype import DType, dtype
from autosched.te.arrays import to_storage

Array = np.ndarray


def evaluate(graph: Graph, inputs: Sequence[Array] | Mapping[str, Array]) -> list[Array]:
    """The outputs for the inputs, given in order or by name.

    bfloat16 comes and goes as its bits in uint16. Raises GraphError for inputs that do not fit.
    """
    return run(graph, ordered_inputs(graph, inputs))


def run(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The outputs for inputs in order, which are not checked."""
    arrays: dict[Value, Array] = {**dict(zip(graph.inputs, inputs, strict=True)), **graph.constants}
    elements: dict[Value, DType] = {
        value: value.type.dtype if value.type is not None else dtype(array.dtype)
        for value, array in arrays.items()
    }
    last = {value: node for node in graph.nodes for value in node.given}
    kept = {*graph.outputs, *graph.constants}
    for node in graph.nodes:
        for value, array, element in computed(node, arrays, elements):
            arrays[value], elements[value] = array, element
        for value in dict.fromkeys(node.given):
            if last[value] is node and value not in kept:
                del arrays[value]
    return [arrays[value] for value in graph.outputs]


Compute = Callable[[Operator, Sequence[Array | None]], list[Array]]
"""Computes all outputs of an operator."""


def computed(
    node: Node,
    arrays: Mapping[Value, Array],
    elements: Mapping[Value, DType],
    compute: Compute = Operator.outputs,
) -> list[tuple[Value, Array, DType]]:
    """The outputs of a node that are wanted, each with its dtype, checked against inference."""
    given = [
        None if value is None else values_of(arrays[value], elements[value])
        for value in node.inputs
    ]
    types = [
        None if value is None else TensorType(elements[value], arrays[value].shape)
        for value in node.inputs
    ]
    known = [
        array if is_static(type(node.operator), place) else kind
        for place, (array, kind) in enumerate(zip(given, types, strict=True))
    ]
    inferred = list(types_of(node.operator, known, node.name))
    made = []
    with fitting(node.operator, node.name):
        results = compute(node.operator, given)
        for place, (value, array) in enumerate(zip(node.outputs, results, strict=False)):
            kind = inferred[place] if place < len(inferred) else TensorType.of(array)
            if not kind.holds(array.shape):
                raise InternalError(
                    f"expected {kind} from {node.operator.name} at {node.name}, got {array.shape}"
                )
            made.append((value, to_storage(array, kind.dtype), kind.dtype))
    return made
