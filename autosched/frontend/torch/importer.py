"""The nodes of a PyTorch program, one after another, as nodes of a graph."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import autosched.frontend.torch.operators  # noqa: F401  they fill the table
from autosched.errors import GraphError, InternalError
from autosched.frontend.torch.node import TorchNode, converter_of
from autosched.frontend.torch.sizes import Sizes
from autosched.frontend.torch.tensors import array_of, dtype_of, torch_package, type_of
from autosched.graph.graph import Graph, Value, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.unchanged import Identity
from autosched.graph.types import TensorType

if TYPE_CHECKING:
    import torch
    from torch.fx import GraphModule, Node

INLINED = ("wrap_with_set_grad_enabled",)
"""Operators on a module that runs as if it stood in their place: inputs follow the module."""


class Importer:
    """Adds the nodes of a program to a graph.

    `values` are its inputs, and what is converted; `sizes` are what its symbols stand for.
    """

    def __init__(self, name: str, numbers: Mapping[str, int] | None = None):
        """Begin a graph of that name; `numbers` are what PyTorch's symbols of sizes stand for."""
        self.values: dict[Node, Any] = {}
        self._builder = TypedBuilder(name, numbers)
        self.sizes = Sizes(self._builder, numbers)

    def input(self, node: Node) -> None:
        """Make a tensor that is an input of the program one of the graph."""
        fake = node.meta["val"]
        kind = TensorType(dtype_of(fake.dtype), self.sizes.declare(node.name, fake.shape))
        self.values[node] = value = self._builder.input(node.name, kind)
        self.sizes.found_in(value)

    def constant(self, node: Node, tensor: torch.Tensor, name: str, copied: bool) -> None:
        """Make an input of the program a constant."""
        array = array_of(tensor)
        array = array.copy() if copied else array
        self.values[node] = self._builder.constant(array, name, type_of(tensor))

    def outputs(self, module: GraphModule) -> list[Any]:
        """Convert all nodes, and return the values of the results; None for what is no tensor."""
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
        if _is_inlined(node):
            self._inline(node, module)
            return
        convert = converter_of(node.target)
        assert convert is not None, "what has no converter is told before"
        name = _name(node)
        try:
            made = convert(TorchNode(node, name, self.values, self._builder, self.sizes))
        except GraphError as error:
            told = error.message if name in error.message else f"{name}: {error.message}"
            raise type(error)(told, hint=error.hint) from error
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
        place = next(n for n, given in enumerate(node.args) if _is_module(given, module))
        inner = getattr(module, node.args[place].target)
        given = node.args[place + 1 :]
        placeholders = inner.graph.find_nodes(op="placeholder")
        for placeholder, source in zip(placeholders, given, strict=False):
            if source in self.values:
                self.values[placeholder] = self.values[source]
        self.values[node] = self.outputs(inner)


def check_supported(module: GraphModule) -> None:
    """Raise GraphError where operators have no converter: each, how often and where first."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for node in _calls(module):
        is_known = node.target is operator.getitem or _is_inlined(node) or not tensors_of(node)
        if not is_known and converter_of(node.target) is None:
            counts[str(node.target)] += 1
            first.setdefault(str(node.target), _name(node))
    if counts:
        missing = ", ".join(f"{kind} ({n}, first at {first[kind]})" for kind, n in counts.items())
        raise GraphError(f"expected operators that are supported, got {missing}")


def _calls(module: GraphModule) -> Iterator[Node]:
    for node in module.graph.nodes:
        if node.op == "call_function":
            yield node
            if _is_inlined(node):
                for given in node.args:
                    if _is_module(given, module):
                        yield from _calls(getattr(module, given.target))


def _is_inlined(node: Node) -> bool:
    return str(node.target) in INLINED


def _is_module(given: Any, module: GraphModule) -> bool:
    if getattr(given, "op", "") != "get_attr":
        return False
    return isinstance(getattr(module, given.target), torch_package().nn.Module)


def tensors_of(node: Node) -> list[Any]:
    """The fake tensors that stand for the results; none for a size, or a check of sizes."""
    found = node.meta.get("val")
    several = found if isinstance(found, list | tuple) else [found]
    is_tensor = torch_package().Tensor
    return list(several) if any(isinstance(one, is_tensor) for one in several) else []


def _name(node: Node) -> str:
    """The module that computes the node, by its path in the model, and the node's own name."""
    stack = node.meta.get("nn_module_stack") or {}
    path = next(reversed(stack.values()))[0] if stack else ""
    parts = re.findall(r"\w+", re.sub(r"L\['\w+'\]|_modules", "", path))
    return ".".join((*parts, node.name))
