"""Parts of a model that are not supported, cut out as models that ONNX Runtime runs.

    A -> X -> Y -> B -> Z        A -> [X, Y] -> B -> [Z]       X, Y and Z are not supported

A node goes with those not supported that come before it, unless something supported lies between;
so no part needs a result of its own. Values that are no tensors of numbers, such as sequences,
stay within a part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autosched.errors import GraphError
from autosched.frontend.onnx.functions import all_nodes
from autosched.frontend.onnx.node import CONVERTERS, OnnxNode, converts, kind_of
from autosched.frontend.onnx.reading import array_of, onnx_package
from autosched.graph.graph import Value
from autosched.graph.operators import foreign

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

FALLBACK = "onnxruntime"

DOMAIN = "autosched"


def with_foreign(
    model: ModelProto, folder: Path | None, refused_results: Collection[str] = ()
) -> ModelProto:
    """The model with a node of our own for each part that ONNX Runtime is to run.

    Among these are the nodes of `refused_results`, whose operators are supported in other forms.
    """
    types = _types(model, folder)
    nodes = list(model.graph.node)
    refused = _refused(nodes, types)
    refused |= {n for n, node in enumerate(nodes) if not {*refused_results}.isdisjoint(node.output)}
    levels = _levels(nodes, refused)
    found = onnx_package().ModelProto()
    found.CopyFrom(model)
    del found.graph.node[:]
    for level in sorted(set(levels)):
        members = [node for node, own in zip(nodes, levels, strict=True) if own == level]
        found.graph.node.extend([_part(members, model, types, folder)] if level % 2 else members)
    return found


def _types(model: ModelProto, folder: Path | None) -> dict[str, str]:
    """What ONNX Runtime says of the type of every value."""
    whole = onnx_package().ModelProto()
    whole.CopyFrom(model)
    known = {info.name for info in whole.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in known:
                whole.graph.output.add().name = name
    place = "" if folder is None else str(folder)
    session = foreign.session_of(whole.SerializeToString(), place, optimized=False)
    return {one.name: one.type for one in (*session.get_inputs(), *session.get_outputs())}


def _refused(nodes: Sequence[NodeProto], types: dict[str, str]) -> set[int]:
    """The places of the nodes that are not supported, or pass on what is no tensor of numbers."""
    return {
        place
        for place, node in enumerate(nodes)
        if any(kind_of(inner) not in CONVERTERS for inner in _with_inner(node))
        or any(name in types and not foreign.kind_of(types[name]) for name in _passed(node))
    }


def _with_inner(node: NodeProto) -> Iterator[NodeProto]:
    yield node
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield from all_nodes(attribute.g)


def _read(node: NodeProto) -> list[str]:
    """The names that a node reads, and the graphs inside it."""
    return [name for inner in _with_inner(node) for name in inner.input if name]


def _passed(node: NodeProto) -> list[str]:
    return [*_read(node), *filter(None, node.output)]


def _levels(nodes: Sequence[NodeProto], refused: set[int]) -> list[int]:
    """How often what leads to each node goes in and out of ONNX Runtime; odd for those in it."""
    of_value: dict[str, int] = {}
    levels = []
    for place, node in enumerate(nodes):
        level = max((of_value.get(name, 0) for name in _read(node)), default=0)
        level += (level % 2 == 1) != (place in refused)
        of_value.update(dict.fromkeys(node.output, level))
        levels.append(level)
    return levels


def _part(
    members: Sequence[NodeProto], model: ModelProto, types: dict[str, str], folder: Path | None
) -> NodeProto:
    """A node that stands for the members, which are a model among its attributes."""
    onnx = onnx_package()
    helper = onnx.helper
    made = {name for node in members for name in node.output if name}
    read = dict.fromkeys(name for node in members for name in _read(node) if name not in made)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    own = {id(node) for node in members}
    wanted = {info.name for info in model.graph.output}
    for node in model.graph.node:
        if id(node) not in own:
            wanted.update(_read(node))
    inputs = [name for name in read if name in types]
    outputs = [name for node in members for name in node.output if name in wanted]
    constants = [
        onnx.numpy_helper.from_array(array_of(stored[name], folder)[0], name)
        for name in read
        if name in stored
    ]
    for name in (*inputs, *outputs):
        if name in types and foreign.kind_of(types[name]) is None:
            raise GraphError(f"expected inputs and outputs of numbers, got a {types[name]}: {name}")
    infos = [helper.make_tensor_value_info(name, _element(types[name]), None) for name in inputs]
    graph = helper.make_graph(
        members, "part", infos, [onnx.ValueInfoProto(name=name) for name in outputs], constants
    )
    part = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return helper.make_node(
        "OnnxRuntime",
        inputs,
        outputs,
        name=members[0].name or outputs[0],
        domain=DOMAIN,
        model=part.SerializeToString(),
        runs=", ".join(dict.fromkeys(kind_of(node) for node in members)),
    )


def _element(text: str) -> int:
    import numpy as np

    kind = np.dtype(foreign.kind_of(text))
    return int(onnx_package().helper.np_dtype_to_tensor_dtype(kind))


@converts(f"{DOMAIN}.OnnxRuntime")
def _onnxruntime(node: OnnxNode) -> list[Value]:
    operator = foreign.OnnxRuntime(node.base64("model"), node.attribute("runs"))
    return list(node.emit_all(operator, *node.inputs, count=len(node.wanted)))
