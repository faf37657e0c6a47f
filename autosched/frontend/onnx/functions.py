"""Functions of a file, and of ONNX's own operators, replaced by their definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from autosched.errors import GraphError

if TYPE_CHECKING:
    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto

MOST_NODES = 1 << 20
"""Of a model whose functions are in place: a few that call one another can stand for any number."""

Key = tuple[str, str, str]


def inlined(model: ModelProto, known: Collection[str]) -> ModelProto:
    """The model with every function replaced by its definition, but for the operators `known`.

    Raises GraphError for functions that call themselves, and for more than MOST_NODES nodes.
    """
    from onnx.inliner import inline_selected_functions
    from onnx.shape_inference import infer_shapes

    _check(model)
    kept = [_split(name) for name in known]
    kept += [("ai.onnx", name) for domain, name in kept if not domain]
    with suppress(Exception):  # what is wrong with the model is told later, with its place
        model = infer_shapes(model)  # some definitions depend on the types of their inputs
        _tell_types_of_constants(model.graph)
    try:
        return inline_selected_functions(model, kept, exclude=True, inline_schema_functions=True)
    except (RuntimeError, ValueError) as error:
        raise GraphError(f"expected a model that is well formed, got {error}") from error


def _tell_types_of_constants(graph: GraphProto) -> None:
    """Add what shape inference leaves out: the types of constants that are not inputs too."""
    from onnx.helper import make_tensor_value_info

    told = {info.name for info in (*graph.input, *graph.value_info)}
    graph.value_info.extend(
        make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        for tensor in graph.initializer
        if tensor.name not in told
    )


def _split(kind: str) -> tuple[str, str]:
    domain, _, name = kind.rpartition(".")
    return domain, name


def all_nodes(graph: GraphProto | FunctionProto) -> Iterator[NodeProto]:
    """The nodes of a graph and of those inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from all_nodes(attribute.g)


def _check(model: ModelProto) -> None:
    bodies = {(f.domain, f.name, f.overload): list(all_nodes(f)) for f in model.functions}
    called = {key: {_key(node) for node in body} & bodies.keys() for key, body in bodies.items()}
    sizes: dict[Key, int] = {}
    try:
        for key in TopologicalSorter(called).static_order():
            sizes[key] = sum(sizes.get(_key(node), 1) for node in bodies[key])
    except CycleError as error:
        names = " -> ".join(name for _, name, _ in error.args[1])
        raise GraphError(f"expected functions that do not call themselves, got {names}") from None
    total = sum(sizes.get(_key(node), 1) for node in all_nodes(model.graph))
    if total > MOST_NODES:
        raise GraphError(f"expected a model of at most {MOST_NODES} nodes, got {total}")


def _key(node: NodeProto) -> Key:
    return node.domain, node.op_type, node.overload
