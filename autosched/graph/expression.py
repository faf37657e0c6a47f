"""A group of nodes as one tensor expression: what a kernel is made of, and a search tunes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched import te
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.groups import Group
from autosched.graph.operators.operator import Undefined, is_static, type_of
from autosched.graph.types import values_of
from autosched.te.tensor import Tensor


@dataclass(frozen=True)
class Expression:
    """The tensors of a group, and the values of the graph that they stand for, in one order.

    `constants` are those of the inputs that the graph knows, declared constant: a kernel may
    lay them out anew once. A constant of one element is no input but a number in the expression.
    """

    inputs: list[Value]
    outputs: list[Value]
    tensors: list[Tensor]
    constants: list[Value]


def expression(group: Group, graph: Graph) -> Expression:
    """The expression of a group of a bound graph.

    Raises Undefined where te cannot say an operator, a shape is not known, or nothing is there
    to compute.
    """
    tensors: dict[Value, Tensor] = {}
    inputs: list[Value] = []
    for node in group.nodes:
        node.operator.check_is_defined()
        given = [
            _input(node, place, value, graph, tensors, inputs)
            for place, value in enumerate(node.inputs)
        ]
        for value in node.outputs:
            if value.type is not None and not value.type.names and not value.type.elements:
                raise Undefined(f"expected elements of {value.name} to compute, got {value.type}")
        for value, tensor in zip(node.outputs, _defined(node, given), strict=False):
            tensors[value] = tensor
    outputs = group.outputs(graph)
    missing = [value.name for value in outputs if value not in tensors]
    if missing:
        raise Undefined(f"expected tensor expressions of all outputs, got none of {missing[0]}")
    constants = [value for value in inputs if value in graph.constants]
    return Expression(inputs, outputs, [tensors[value] for value in (*inputs, *outputs)], constants)


def _input(
    node: Node,
    place: int,
    value: Value | None,
    graph: Graph,
    tensors: dict[Value, Tensor],
    inputs: list[Value],
) -> Any:
    if value is None:
        return None
    if is_static(type(node.operator), place):
        if value not in graph.constants:
            raise Undefined(f"expected {value.name} of {node.name} to be a constant")
        return graph.constants[value]
    if value not in tensors and _is_scalar(value, graph):
        tensors[value] = _scalar(graph.constants[value], value)
    if value not in tensors:
        kind = value.type
        if kind is None or kind.names or not kind.elements:
            raise Undefined(f"expected the shape of {value.name} to be known and not empty")
        name = f"x{len(inputs)}"
        tensors[value] = te.placeholder(
            kind.sizes, kind.dtype, name=name, constant=value in graph.constants
        )
        inputs.append(value)
    return tensors[value]


def _is_scalar(value: Value, graph: Graph) -> bool:
    """Whether the graph knows the one element of a value."""
    return value in graph.constants and graph.constants[value].size == 1


def _scalar(array: np.ndarray, value: Value) -> Tensor:
    """The tensor of one number, which is part of the code and no input."""
    kind = value.type
    assert kind is not None, "a constant has a type"
    number = values_of(array, kind.dtype).reshape(()).item()
    return te.compute(kind.sizes, lambda *_: te.const(number, kind.dtype), name="scalar")


def _defined(node: Node, given: Sequence[Any]) -> list[Tensor]:
    made = node.operator.define(*given)
    found = [made] if isinstance(made, Tensor) else list(made)
    for tensor, value in zip(found, node.outputs, strict=False):
        assert type_of(tensor) == value.type, f"{node.name} defines {tensor}, inferred {value.type}"
    return found
