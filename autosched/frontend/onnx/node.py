"""A node of an ONNX file while it is converted, and the table of what converts each kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.disk_cache import kept
from autosched.errors import GraphError
from autosched.frontend.onnx.reading import array_of, onnx_package
from autosched.graph.graph import Graph, GraphBuilder, Value
from autosched.graph.operators.operator import Operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

Converted = Value | Sequence[Value]
Converter = Callable[["OnnxNode"], Converted]

CONVERTERS: dict[str, Converter] = {}
"""What converts each operator by its name, with its domain before it but for `ai.onnx`."""


def kind_of(proto: NodeProto) -> str:
    """The name of a node's operator in the table."""
    return proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Make the function convert the operators of these names."""

    def register(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(names, function))
        return function

    return register


def check_node(proto: NodeProto, opset: int, reader: str) -> None:
    """Raise GraphError unless the inputs and attributes are such as its operator has them."""
    if proto.op_type != kind_of(proto):
        return  # of a domain whose operators onnx does not know
    least, most, attributes = _schema(proto.op_type, opset)
    if not least <= len(proto.input) <= most:
        raise GraphError(
            f"expected {least} inputs or more of {reader}, got {len(proto.input)}"
            if len(proto.input) < least
            else f"expected at most {most} inputs of {reader}, got {len(proto.input)}"
        )
    given = {attribute.name: attribute.type for attribute in proto.attribute}
    for name, (kind, is_required) in attributes.items():
        if is_required and name not in given:
            raise GraphError(f"expected the attribute {name} of {reader}, got none")
        if given.get(name, kind) != kind:
            names = onnx_package().AttributeProto.AttributeType
            found = names.Name(given[name])
            raise GraphError(f"expected {names.Name(kind)} as {name} of {reader}, got {found}")


Schema = tuple[int, int, dict[str, tuple[int, bool]]]
"""The least and most inputs of an operator, and its attributes: the type, and if it must be."""


def _schema(kind: str, opset: int) -> Schema:
    known = _schemas(opset)
    return known[kind if kind in known else f"newest.{kind}"]


@cache
def _schemas(opset: int) -> dict[str, Schema]:
    """The schemas of all operators; those newer than the opset with `newest.` before the name.

    They are kept: to make them, the package onnx takes 5 MB and 30 ms.
    """
    make = partial(_schemas_of_onnx, opset)
    read: dict[str, Schema] = json.loads(
        kept(make, "schemas: least, most, attributes", onnx_package().__version__, str(opset))
    )
    return read


def _schemas_of_onnx(opset: int) -> bytes:
    defs = onnx_package().defs
    found: dict[str, Schema] = {}
    for kind in {each.name for each in defs.get_all_schemas_with_history() if not each.domain}:
        try:
            found[kind] = _schema_of_onnx(defs.get_schema(kind, opset, ""))
        except defs.SchemaError:  # it is newer than the opset that the file says
            found[f"newest.{kind}"] = _schema_of_onnx(defs.get_schema(kind))
    return json.dumps(found).encode()


def _schema_of_onnx(found: Any) -> Schema:
    attributes = {
        name: (given.type.value, given.required) for name, given in found.attributes.items()
    }
    return found.min_input, found.max_input, attributes


class OnnxNode:
    """What a converter reads, and the graph that it adds to.

    `opset` is the version of the operators that the file was made for.
    """

    def __init__(
        self,
        proto: NodeProto,
        inputs: Sequence[Value | None],
        builder: GraphBuilder,
        opset: int,
        nested: Callable[[GraphProto], tuple[Graph, list[Value]]],
    ):
        self.kind = kind_of(proto)
        self.name: str = proto.name or next(filter(None, proto.output), proto.op_type)
        self.inputs = list(inputs)
        self.opset = opset
        self.wanted = [bool(name) for name in proto.output]
        self._builder = builder
        self._nested = nested
        self._attributes = {attribute.name: attribute for attribute in proto.attribute}

    def input(self, place: int) -> Value | None:
        """Input number `place`; None where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else None

    def needed(self, place: int) -> Value:
        """Input number `place`. Raises GraphError where it is left out."""
        value = self.input(place)
        if value is None:
            raise GraphError(f"expected input {place} of {self.kind} at {self.name}, got none")
        return value

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute: a number, a string, or a tuple of numbers or strings."""
        found = self._attributes.get(name)
        if found is None:
            return default
        kind = found.type
        if kind == found.FLOAT:
            return found.f
        if kind == found.INT:
            return found.i
        if kind == found.STRING:
            return found.s.decode()
        if kind == found.FLOATS:
            return tuple(found.floats)
        if kind == found.INTS:
            return tuple(found.ints)
        if kind == found.STRINGS:
            return tuple(text.decode() for text in found.strings)
        raise GraphError(f"expected numbers or strings as {name} of {self.kind} at {self.name}")

    def has(self, name: str) -> bool:
        return name in self._attributes

    def tensor(self, name: str) -> tuple[np.ndarray, DType]:
        """An attribute that is a tensor."""
        return array_of(self._attributes[name].t, None)

    def base64(self, name: str) -> str:
        """An attribute that is bytes, as text."""
        return base64.b64encode(self._attributes[name].s).decode()

    def graph(self, name: str) -> tuple[Graph, list[Value]]:
        """An attribute that is a graph, and the values around it that it reads."""
        return self._nested(self._attributes[name].g)

    def emit(self, operator: Operator, *inputs: Value | None) -> Value:
        """The first output of a new node."""
        return self._builder.add(operator, *inputs, name=self.name)[0]

    def emit_all(self, operator: Operator, *inputs: Value | None, count: int) -> Sequence[Value]:
        """All outputs of a new node."""
        return self._builder.add(operator, *inputs, name=self.name, count=count)

    def constant(self, value: Any, element: Any = np.int64) -> Value:
        """A constant of numbers, by default int64."""
        return self._builder.constant(np.array(value, element), f"{self.name}.constant")

    def known(self, place: int) -> np.ndarray | None:
        """The array of an input that is a constant; None for any other."""
        value = self.input(place)
        return None if value is None else self._builder.known(value)

    def tensor_constant(self, array: np.ndarray, element: DType) -> Value:
        """A constant of a dtype that NumPy may not have."""
        return self._builder.constant(
            array, f"{self.name}.constant", TensorType(element, array.shape)
        )
