"""An operation of StableHLO while it is converted, and the table of what converts each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.frontend.stablehlo.reading import mlir, type_of
from autosched.graph.graph import GraphBuilder, Value
from autosched.graph.operators.arithmetic import Cast
from autosched.graph.operators.movement import Expand, Transpose
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.reshaping import Reshape
from autosched.graph.types import TensorType
from autosched.ir.dtype import FLOAT32, INT64, DType

Converter = Callable[["HloNode"], "Value | Sequence[Value]"]

CONVERTERS: dict[str, Converter] = {}
"""What converts each operation, by its name without the dialect."""


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Make the function convert the operations of these names."""

    def register(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(names, function))
        return function

    return register


def direction_of(operation: Any) -> str:
    """How an operation compares, such as LT; empty where it does not."""
    if operation.name != "stablehlo.compare":
        return ""
    return str(operation.attributes["comparison_direction"]).split()[-1].rstrip(">")


class Unsupported(GraphError):
    """An operation that is not supported in this form."""


class HloNode:
    """What a converter reads, and the graph that it adds to."""

    def __init__(
        self, operation: Any, name: str, values: Mapping[Any, Value], builder: GraphBuilder
    ):
        self.operation = operation
        self.kind = operation.name.partition(".")[2]
        self.name = name
        self.inputs = [values[operand] for operand in operation.operands]
        self.types = [type_of(result.type) for result in operation.results]
        self._builder = builder

    @property
    def type(self) -> TensorType:
        """The type of the first result."""
        return self.types[0]

    def attribute(self, name: str) -> Any:
        """An attribute of the operation; None where it has none of that name."""
        has = name in self.operation.attributes
        return self.operation.attributes[name] if has else None

    def numbers(self, name: str, default: Sequence[int] = ()) -> list[int]:
        """An attribute that is a list of integers."""
        found = self.attribute(name)
        if found is None:
            return list(default)
        if isinstance(found, mlir().DenseI64ArrayAttr):
            return [int(number) for number in found]
        return [int(number) for number in np.array(found).ravel()]

    def number(self, name: str, default: int = 0) -> int:
        """An attribute that is an integer."""
        found = self.attribute(name)
        return default if found is None else int(found.value)

    def unsupported(self, what: str) -> Unsupported:
        """The error that says what of this operation is not supported."""
        return Unsupported(f"expected {what} for {self.operation.name} at {self.name}")

    def known(self, value: Value) -> np.ndarray | None:
        """The array of a constant; None for any other value."""
        return self._builder.known(value)

    def constant(self, given: Any, element: DType = INT64) -> Value:
        """A constant of numbers; one of bfloat16 is converted from float32."""
        plain = FLOAT32 if element.kind == "bfloat" else element
        made = self._builder.constant(np.array(given, plain.numpy), f"{self.name}.constant")
        return self.cast(made, element)

    def emit(self, operator: Operator, *inputs: Value | None) -> Value:
        """The first output of a new node."""
        return self.emit_all(operator, *inputs, count=1)[0]

    def emit_all(self, operator: Operator, *inputs: Value | None, count: int) -> Sequence[Value]:
        """All outputs of a new node."""
        return self._builder.add(operator, *inputs, name=self.name, count=count)

    def shape(self, value: Value) -> tuple[int, ...]:
        """The shape of a value, which is always known."""
        assert value.type is not None, "all types are known"
        return value.type.sizes

    def cast(self, value: Value, element: DType) -> Value:
        """The value as another dtype."""
        same = value.type is not None and value.type.dtype is element
        return value if same else self.emit(Cast(element), value)

    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        """The value in another shape."""
        if self.shape(value) == tuple(shape):
            return value
        return self.emit(Reshape(allow_zero=True), value, self.constant(list(shape)))

    def transpose(self, value: Value, order: Sequence[int]) -> Value:
        """The value with its axes in another order."""
        order = tuple(order)
        return value if order == tuple(range(len(order))) else self.emit(Transpose(order), value)

    def expand(self, value: Value, shape: Sequence[int]) -> Value:
        """The value repeated along axes of extent 1."""
        if self.shape(value) == tuple(shape):
            return value
        return self.emit(Expand(), value, self.constant(list(shape)))

    def narrow(self) -> list[Value]:
        """The inputs as they were before they were expanded: the operators broadcast themselves.

        As many stay expanded as give the result its shape.
        """
        found = [self._before_expansion(value) for value in self.inputs]
        if np.broadcast_shapes(*map(self.shape, found)) != self.type.sizes:
            found[0] = self.inputs[0]
        return found

    def _before_expansion(self, value: Value) -> Value:
        node = self._builder.producer(value)
        return node.given[0] if node is not None and isinstance(node.operator, Expand) else value

    def body(self) -> list[Any]:
        """The operations of the region that reduces two values, without the last, which returns."""
        return list(self.operation.regions[0].blocks[0].operations)[:-1]
