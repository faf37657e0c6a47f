"""The nodes of a PyTorch program, one after another, as nodes of a graph."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autosched.errors import GraphError, InternalError
from autosched.frontend.torch.node import TorchNode, converter_of
from autosched.frontend.torch.sizes import Sizes
from autosched.frontend.torch.supported import is_inlined, is_module, name_of, tensors_of
from autosched.frontend.torch.tensors import array_of, dtype_of, torch_package, type_of
from autosched.graph.graph import Graph, Value, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.unchanged import Identity
from autosched.graph.types import TensorType

if TYPE_CHECKING:
    import torch
    from torch.fx import GraphModule, Node


class Refused(GraphError):
    """Nodes with a converter that cannot be converted; the message is that of the first."""

    def __init__(self, first: GraphError, nodes: Sequence[Node]):
        super().__init__(first.message, hint=first.hint)
        self.nodes = list(nodes)


class Importer:
    """Adds the nodes of a program to a graph.

    `values` are its inputs, and what is converted; `sizes` are what its symbols stand for.
    """

    def __init__(self, name: str, numbers: Mapping[str, int] | None = None):
        """Begin a graph of that name; `numbers` are what PyTorch's symbols of sizes stand for."""
        self.values: dict[Node, Any] = {}
        self._refused: dict[Node, GraphError] = {}
        self._builder = TypedBuilder(name, numbers)
        self.sizes = Sizes(self._builder, numbers)

    def input(self, node: Node) -> None:
        """Make a tensor that is an input of the program one of the graph."""
        self.values[node] = self._input(node.name, node.meta["val"])

    def _input(self, name: str, fake: torch.Tensor) -> Value:
        kind = TensorType(dtype_of(fake.dtype), self.sizes.declare(name, fake.shape))
        value = self._builder.input(name, kind)
        self.sizes.found_in(value)
        return value

    def _standing_in(self, node: Node) -> Value | list[Value]:
        """Inputs in place of what a node that cannot be converted computes."""
        made = [self._input(node.name, fake) for fake in tensors_of(node)]
        return made if isinstance(node.meta["val"], list | tuple) else made[0]

    def constant(self, node: Node, tensor: torch.Tensor, name: str, copied: bool) -> None:
        """Make an input of the program a constant."""
        array = array_of(tensor)
        array = array.copy() if copied else array
        self.values[node] = self._builder.constant(array, name, type_of(tensor))

    def outputs(self, module: GraphModule) -> list[Any]:
        """Convert all nodes, and return the values of the results; None for what is no tensor.

        Raises Refused where nodes cannot be converted, after all others are.
        """
        results = self._outputs(module)
        if self._refused:
            raise Refused(next(iter(self._refused.values())), list(self._refused))
        return results

    def _outputs(self, module: GraphModule) -> list[Any]:
        for node in module.graph.nodes:
            if node.op == "get_attr":
                attribute = getattr(module, node.target)
                if isinstance(attribute, torch_package().Tensor):
                    self.constant(node, attribute, node.name, copied=True)
            elif node.op == "call_function":
                self._convert(node, module)
        (results,) = module.graph.find_nodes(op="output")[0].args
        return [self._result(result) for result in results]

    def graph(self, results: Sequence[Value]) -> Graph:
        """The graph of what was added; an output is no input, constant or other output."""
        outputs: list[Value] = []
        for value in results:
            if value in outputs or self._builder.producer(value) is None:
                value = self._builder.add(Identity(), value, name=value.name)[0]
            outputs.append(value)
        return without_unused(self._builder.build(outputs))

    def _result(self, result: Any) -> Any:
        if not hasattr(result, "meta"):
            return None
        if result in self.values:
            return self.values[result]
        size = result.meta["val"]
        if isinstance(size, torch_package().SymInt):
            return self.sizes.extent(size)
        return size

    def _convert(self, node: Node, module: GraphModule) -> None:
        if node.target is operator.getitem:
            source, place = node.args
            self.values[node] = self.values[source][place]
            return
        if not tensors_of(node):
            return
        if is_inlined(node):
            self._inline(node, module)
            return
        convert = converter_of(node.target)
        assert convert is not None, "what has no converter is told before"
        name = name_of(node)
        try:
            made = convert(TorchNode(node, name, self.values, self._builder, self.sizes))
        except GraphError as error:
            told = error.message if name in error.message else f"{name}: {error.message}"
            self._refused[node] = GraphError(told, hint=error.hint)
            made = self._standing_in(node)
        self.values[node] = made
        results = [made] if isinstance(made, Value) else made
        for value, fake in zip(results, tensors_of(node), strict=False):
            if value is not None and fake is not None:
                self._check(value, fake, node)

    def _check(self, value: Value, fake: torch.Tensor, node: Node) -> None:
        """Give the value the type that PyTorch knows. Raises InternalError for another one."""
        shape = tuple(self.sizes.named(size) for size in fake.shape)
        wanted = TensorType(dtype_of(fake.dtype), shape)
        if value.type is None:
            value.type = wanted
        if value.type.dtype is not wanted.dtype or (
            not wanted.names and not value.type.names and value.type != wanted
        ):
            raise InternalError(f"expected {wanted} of {node.target} at {value.name}, got {value}")

    def _inline(self, node: Node, module: GraphModule) -> None:
        place = next(n for n, given in enumerate(node.args) if is_module(given, module))
        inner = getattr(module, node.args[place].target)
        given = node.args[place + 1 :]
        placeholders = inner.graph.find_nodes(op="placeholder")
        for placeholder, source in zip(placeholders, given, strict=False):
            if source in self.values:
                self.values[placeholder] = self.values[source]
        self.values[node] = self._outputs(inner)
