"""Graphs: values, the nodes that compute them, and the builder that makes both.

A graph is never changed once it is made. A pass reads one and builds another, by `rewrite`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.unchanged import Identity
from autosched.graph.types import TensorType


@dataclass(slots=True, eq=False)
class Value:
    """A tensor in a graph. `type` is None until it is inferred, or where only a run tells it."""

    name: str
    type: TensorType | None = None

    def __repr__(self) -> str:
        return f"<Value {self.name}: {self.type}>"


@dataclass(slots=True, eq=False)
class Node:
    """One use of an operator. An optional input that is left out is None."""

    operator: Operator
    inputs: tuple[Value | None, ...]
    outputs: tuple[Value, ...]
    name: str

    @property
    def given(self) -> list[Value]:
        """The inputs that are there."""
        return [value for value in self.inputs if value is not None]


@dataclass(frozen=True, eq=False)
class Graph:
    """What computes `outputs` from `inputs` and `constants`; operands come before their users.

    Nothing in an inner graph, such as a branch of an `If`, refers to a value of an outer one:
    what it needs is among its inputs.
    """

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    constants: Mapping[Value, np.ndarray] = field(default_factory=dict)

    @cached_property
    def producers(self) -> dict[Value, Node]:
        """The node that computes each value; inputs and constants have none."""
        return {value: node for node in self.nodes for value in node.outputs}

    @cached_property
    def users(self) -> dict[Value, list[Node]]:
        """The nodes that read each value, in order; none for one that only the caller gets."""
        found: dict[Value, list[Node]] = {value: [] for value in self.values}
        for node in self.nodes:
            for value in dict.fromkeys(node.given):
                found[value].append(node)
        return found

    @property
    def values(self) -> Iterator[Value]:
        """Every value: inputs, constants, then what the nodes compute."""
        yield from self.inputs
        yield from self.constants
        yield from (value for node in self.nodes for value in node.outputs)

    @cached_property
    def sizes(self) -> list[str]:
        """The names of sizes that the inputs' shapes leave open."""
        found = (name for value in self.inputs if value.type for name in value.type.names)
        return list(dict.fromkeys(found))

    @property
    def nested(self) -> Iterator[Graph]:
        """The graph, and the graphs inside its nodes, such as the branches of an `If`."""
        waiting = [self]
        while waiting:
            graph = waiting.pop()
            yield graph
            for node in graph.nodes:
                found = vars(node.operator).values()
                waiting += [inner for inner in found if isinstance(inner, Graph)]

    def __repr__(self) -> str:
        return f"<Graph {self.name} of {len(self.nodes)} nodes>"


class GraphBuilder:
    """Makes a graph, operands first, with a name of its own for every value."""

    def __init__(self, name: str):
        self._name = name
        self._inputs: list[Value] = []
        self._nodes: list[Node] = []
        self._constants: dict[Value, np.ndarray] = {}
        self._producers: dict[Value, Node] = {}
        self._names: set[str] = set()
        self._counts: dict[str, int] = {}

    def input(self, name: str, type: TensorType | None) -> Value:
        value = self._value(name, type)
        self._inputs.append(value)
        return value

    def constant(self, array: np.ndarray, name: str = "", type: TensorType | None = None) -> Value:
        """A value that is known. `type` is needed for bfloat16, kept as its bits in uint16."""
        value = self._value(name or "constant", type or TensorType.of(array))
        self._constants[value] = array
        return value

    def add(
        self,
        operator: Operator,
        *inputs: Value | None,
        name: str = "",
        outputs: Sequence[str] = (),
        count: int = 1,
    ) -> tuple[Value, ...]:
        """The `count` values, or as many as there are names in `outputs`, of a new node."""
        names = list(outputs) or [name or operator.name] * count
        types = self._types(operator, inputs, name or names[0])  # before anything is added
        return self._added(operator, inputs, name, names, types)

    def copy(self, node: Node, inputs: Sequence[Value | None]) -> tuple[Value, ...]:
        """The outputs of a node as that of another graph, with inputs in this one."""
        names = [value.name for value in node.outputs]
        made = self.add(node.operator, *inputs, name=node.name, outputs=names)
        for old, value in zip(node.outputs, made, strict=True):
            value.type = value.type or old.type
        return made

    def producer(self, value: Value | None) -> Node | None:
        """The node that computes a value of this graph; inputs and constants have none."""
        return None if value is None else self._producers.get(value)

    def rename(self, value: Value, name: str) -> None:
        """Give a value of this graph the name, or one like it that is free."""
        self._names.discard(value.name)
        value.name = self._free(name)

    def claim(self, value: Value, name: str) -> None:
        """Give a value of this graph the name; one that has it, and is no input, gets another."""
        computed = (other for node in self._nodes for other in node.outputs)
        for other in (*self._constants, *computed):
            if other.name == name and other is not value:
                other.name = self._free(name)
                self._names.discard(name)
        self.rename(value, name)

    def known(self, value: Value) -> np.ndarray | None:
        """The array of a constant, None for any other value."""
        return self._constants.get(value)

    def build(self, outputs: Iterable[Value]) -> Graph:
        return Graph(
            self._name, tuple(self._inputs), tuple(outputs), tuple(self._nodes), self._constants
        )

    def _types(
        self, operator: Operator, inputs: Sequence[Value | None], name: str
    ) -> Sequence[TensorType]:
        """The types of the outputs of a node to add, as far as they are known."""
        return ()

    def _added(
        self,
        operator: Operator,
        inputs: Sequence[Value | None],
        name: str,
        outputs: Sequence[str],
        types: Sequence[TensorType | None],
    ) -> tuple[Value, ...]:
        """The values of a new node, with these types as far as there are any."""
        values = tuple(self._value(given) for given in outputs)
        for value, kind in zip(values, types, strict=False):
            value.type = kind
        node = Node(operator, tuple(inputs), values, name or values[0].name)
        self._nodes.append(node)
        self._producers.update(dict.fromkeys(values, node))
        return values

    def _value(self, name: str, type: TensorType | None = None) -> Value:
        return Value(self._free(name), type)

    def _free(self, name: str) -> str:
        """The name, with a number behind it where it is taken."""
        chosen = name
        while chosen in self._names:
            self._counts[name] = self._counts.get(name, 0) + 1
            chosen = f"{name}.{self._counts[name]}"
        self._names.add(chosen)
        return chosen


Rule = Callable[[Node, Sequence[Value | None], GraphBuilder], Sequence[Value] | None]
"""Given a node, its inputs in the new graph and the builder, the values in place of its
outputs; None to keep the node."""


def rewrite(graph: Graph, rule: Rule, builder: GraphBuilder | None = None) -> Graph:
    """The graph with every node replaced as `rule` says, from the inputs on, made by `builder`.

    Inputs, outputs and constants keep their names and their order. Constants that nothing reads
    are left out.
    """
    builder = builder or GraphBuilder(graph.name)
    new: dict[Value, Value] = {
        value: builder.input(value.name, value.type) for value in graph.inputs
    }
    for value, array in graph.constants.items():
        new[value] = builder.constant(array, value.name, value.type)
    for node in graph.nodes:
        inputs = [None if value is None else new[value] for value in node.inputs]
        made = rule(node, inputs, builder)
        if made is None:
            made = builder.copy(node, inputs)
        new.update(zip(node.outputs, made, strict=True))
    outputs: list[Value] = []
    for value in graph.outputs:
        outputs.append(_named(new[value], value.name, outputs, builder))
    return without_unused(builder.build(outputs))


def _named(value: Value, name: str, taken: Sequence[Value], builder: GraphBuilder) -> Value:
    """The value under the name of an output; a copy where it has a name for another reason."""
    if value.name == name:
        return value
    if builder.producer(value) is None or value in taken:
        return builder.add(Identity(), value, outputs=[name])[0]
    builder.claim(value, name)
    return value


def without_unused(graph: Graph) -> Graph:
    """The graph without the nodes and constants on which no output depends."""
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            kept.append(node)
            needed.update(node.given)
    constants = {value: array for value, array in graph.constants.items() if value in needed}
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(reversed(kept)), constants)


def ordered_inputs(
    graph: Graph, inputs: Sequence[np.ndarray] | Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """The arrays for the inputs of a graph, which are given in order or by name.

    Raises GraphError where the names lack one, and where `check_inputs` does.
    """
    if isinstance(inputs, Mapping):
        missing = [value.name for value in graph.inputs if value.name not in inputs]
        if missing:
            raise GraphError(f"expected the inputs {', '.join(missing)} of {graph.name}, got none")
        inputs = [inputs[value.name] for value in graph.inputs]
    arrays = [np.asarray(array, order="C") for array in inputs]
    check_inputs(graph, arrays)
    return arrays


def check_inputs(graph: Graph, arrays: Sequence[np.ndarray]) -> dict[str, int]:
    """The values of the named sizes that the arrays give.

    Raises GraphError for another number of arrays, dtype, rank or size than the inputs have.
    """
    if len(arrays) != len(graph.inputs):
        raise GraphError(f"expected {len(graph.inputs)} inputs of {graph.name}, got {len(arrays)}")
    sizes: dict[str, int] = {}
    for value, array in zip(graph.inputs, arrays, strict=True):
        wanted = value.type
        if wanted is None:
            continue
        found = f"{array.dtype}[{', '.join(map(str, array.shape))}]"
        if array.dtype != wanted.dtype.numpy or array.ndim != wanted.rank:
            raise GraphError(f"expected {wanted} for the input {value.name}, got {found}")
        for size, extent in zip(wanted.shape, array.shape, strict=True):
            if (sizes.setdefault(size, extent) if isinstance(size, str) else size) != extent:
                raise GraphError(f"expected {wanted} for the input {value.name}, got {found}")
    return sizes
