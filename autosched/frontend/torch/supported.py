"""Which nodes of a PyTorch program cannot be nodes of a graph."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import autosched.frontend.torch.operators  # noqa: F401  they fill the table
from autosched.errors import GraphError
from autosched.frontend.torch.node import converter_of
from autosched.frontend.torch.tensors import torch_package

if TYPE_CHECKING:
    from torch.fx import GraphModule, Node

INLINED = ("wrap_with_set_grad_enabled",)
"""Operators on a module that runs as if it stood in their place: inputs follow the module."""


def unsupported(module: GraphModule) -> list[Node]:
    """The nodes whose operator has no converter, or that compute with complex numbers."""
    return [node for node in _calls(module) if not _is_supported(node)]


def check_supported(module: GraphModule) -> None:
    """Raise the GraphError of what is not supported, if there is any."""
    refused = unsupported(module)
    if refused:
        raise refusal(refused)


def refusal(refused: list[Node]) -> GraphError:
    """The error that names what is not supported: each operator, how often and where first."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for node in refused:
        kind = str(node.target) + " of complex numbers" * (converter_of(node.target) is not None)
        counts[kind] += 1
        first.setdefault(kind, name_of(node))
    missing = ", ".join(f"{kind} ({n}, first at {first[kind]})" for kind, n in counts.items())
    return GraphError(f"expected operators that are supported, got {missing}")


def _is_supported(node: Node) -> bool:
    if node.target is operator.getitem or is_inlined(node) or not tensors_of(node):
        return True
    return converter_of(node.target) is not None and not any(
        one is not None and one.is_complex()
        for passed in (node, *node.all_input_nodes)
        for one in tensors_of(passed)
    )


def _calls(module: GraphModule) -> Iterator[Node]:
    for node in module.graph.nodes:
        if node.op == "call_function":
            yield node
            if is_inlined(node):
                for given in node.args:
                    if is_module(given, module):
                        yield from _calls(getattr(module, given.target))


def is_inlined(node: Node) -> bool:
    return str(node.target) in INLINED


def is_module(given: Any, module: GraphModule) -> bool:
    """Whether an argument is a module inside of `module`."""
    if getattr(given, "op", "") != "get_attr":
        return False
    return isinstance(getattr(module, given.target), torch_package().nn.Module)


def tensors_of(node: Node) -> list[Any]:
    """The fake tensors that stand for the results; none for a size, or a check of sizes."""
    found = node.meta.get("val")
    several = found if isinstance(found, list | tuple) else [found]
    is_tensor = torch_package().Tensor
    return list(several) if any(isinstance(one, is_tensor) for one in several) else []


def name_of(node: Node) -> str:
    """The module that computes the node, by its path in the model, and the node's own name."""
    stack = node.meta.get("nn_module_stack") or {}
    path = next(reversed(stack.values()))[0] if stack else ""
    parts = re.findall(r"\w+", re.sub(r"L\['\w+'\]|_modules", "", path))
    return ".".join((*parts, node.name))
