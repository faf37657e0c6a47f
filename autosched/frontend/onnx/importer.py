"""From an ONNX model to a graph."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import autosched.frontend.onnx.operators  # noqa: F401  they fill the table
from autosched.errors import GraphError
from autosched.frontend.onnx.fallback import FALLBACK, with_foreign
from autosched.frontend.onnx.functions import all_nodes, inlined
from autosched.frontend.onnx.node import CONVERTERS, OnnxNode, check_node, kind_of
from autosched.frontend.onnx.reading import array_of, dtype_of, load_model, onnx_package
from autosched.graph.graph import Graph, GraphBuilder, Value, without_unused
from autosched.graph.operators.unchanged import Identity
from autosched.graph.types import UNKNOWN, Size, TensorType

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

LEAST_OPSET = 7


def from_onnx(source: str | Path | bytes | ModelProto, *, fallback: str = "") -> Graph:
    """The graph of an ONNX model: a file, its bytes, or the model itself.

    With the fallback "onnxruntime" what is not supported becomes nodes that ONNX Runtime runs:
    an operator, or one of its forms.

    Sizes that the file names stay open; those it leaves out get names of their own. Values
    keep the file's names. Raises GraphError for a file that is broken, and one that names
    everything in it that is not supported: each operator, how often, and where first.
    """
    model, folder = load_model(source)
    opset = _opset(model)
    if model.functions or _unsupported(model.graph):
        model = inlined(model, CONVERTERS)
    missing = _unsupported(model.graph)
    if fallback not in ("", FALLBACK):
        raise GraphError(f"expected the fallback {FALLBACK!r}, got {fallback!r}")
    if missing and not fallback:
        raise GraphError(f"expected operators that are supported, got {missing}")
    refused: set[str] = set()
    while True:
        cut = with_foreign(model, folder, refused) if missing or refused else model
        importer = _Importer(opset, folder)
        try:
            return importer.graph(cut.graph, None)[0]
        except GraphError:
            if not fallback or not importer.at or importer.at in refused:
                raise
            refused.add(importer.at)


def in_onnxruntime(source: str | Path | bytes | ModelProto) -> Graph:
    """The graph of an ONNX model as one node, which ONNX Runtime runs.

    Raises GraphError where ONNX Runtime is missing or refuses the model.
    """
    model, folder = load_model(source)
    results = {name for node in model.graph.node for name in node.output if name}
    whole = with_foreign(model, folder, results)
    return _Importer(_opset(model), folder).graph(whole.graph, None)[0]


def _opset(model: ModelProto) -> int:
    versions = {entry.domain: entry.version for entry in model.opset_import}
    opset = versions.get("", versions.get("ai.onnx", 0))
    newest = onnx_package().defs.onnx_opset_version()
    is_older = 1 <= opset < LEAST_OPSET and all(map(_is_as_in_least, all_nodes(model.graph)))
    if not is_older and not LEAST_OPSET <= opset <= newest:
        raise GraphError(
            f"expected a model of opset {LEAST_OPSET} to {newest}, got {opset}",
            hint="onnx.version_converter changes a model's opset",
        )
    return opset


def _is_as_in_least(node: NodeProto) -> bool:
    """Whether the operator has not changed before LEAST_OPSET."""
    defs = onnx_package().defs
    try:
        return bool(defs.get_schema(node.op_type, LEAST_OPSET, node.domain).since_version == 1)
    except defs.SchemaError:
        return False


def _unsupported(graph: GraphProto) -> str:
    """The operators without a converter, how often and where first; empty where all have one."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for node in all_nodes(graph):
        kind = kind_of(node)
        if kind not in CONVERTERS:
            is_plain = isinstance(kind, str) and kind.isprintable()  # bytes are no UTF-8
            kind = kind if is_plain else repr(kind)
            counts[kind] += 1
            first.setdefault(kind, node.name or next(filter(None, node.output), ""))
    return ", ".join(f"{kind} ({n}, first at {first[kind]})" for kind, n in counts.items())


class _Scope:
    """The values by the names that a graph's nodes read: its own, and as inputs those around it."""

    def __init__(self, builder: GraphBuilder, around: _Scope | None):
        self.builder = builder
        self.captured: list[Value] = []
        self._around = around
        self._known: dict[str, Value] = {}

    def has(self, name: str) -> bool:
        return name in self._known or (self._around is not None and self._around.has(name))

    def value(self, name: str, reader: str) -> Value:
        """The value of that name. Raises GraphError where `reader` reads it before it is there."""
        if name not in self._known:
            if self._around is None or not self._around.has(name):
                raise GraphError(
                    f"expected a value that {reader} reads to be computed before, got {name!r}"
                )
            outer = self._around.value(name, reader)
            self.captured.append(outer)
            self._known[name] = self.builder.input(name, outer.type)
        return self._known[name]

    def define(self, name: str, value: Value) -> None:
        if name in self._known:
            raise GraphError(f"expected one definition of {name!r}, got two")
        self._known[name] = value


class _Importer:
    """Converts a graph and those inside it.

    `at` is a result of the graph's node that is converted; empty where nothing names it.
    """

    def __init__(self, opset: int, folder: Path | None):
        self.at = ""
        self._opset = opset
        self._folder = folder

    def graph(self, proto: GraphProto, around: _Scope | None) -> tuple[Graph, list[Value]]:
        """The graph, and the values of the graph around it that its last inputs stand for."""
        builder = GraphBuilder(proto.name or "main")
        scope = _Scope(builder, around)
        stored = {tensor.name for tensor in proto.initializer}
        for info in proto.input:
            if info.name not in stored:  # older files list their constants here too
                scope.define(info.name, builder.input(info.name, _type(info)))
        for tensor in proto.initializer:
            array, element = array_of(tensor, self._folder)
            kind = TensorType(element, array.shape)
            scope.define(tensor.name, builder.constant(array, tensor.name, kind))
        if proto.sparse_initializer:
            raise GraphError("expected dense constants, got sparse ones")
        for node in proto.node:
            if around is None:
                self.at = next(filter(None, node.output), "")
            self._convert(node, scope)
        if around is None:
            self.at = ""
        outputs = [self._output(info.name, scope) for info in proto.output]
        return without_unused(builder.build(outputs)), scope.captured

    def _convert(self, proto: NodeProto, scope: _Scope) -> None:
        reader = f"{proto.op_type} at {proto.name or next(filter(None, proto.output), '')}"
        check_node(proto, self._opset, reader)
        inputs = [scope.value(name, reader) if name else None for name in proto.input]
        node = OnnxNode(
            proto, inputs, scope.builder, self._opset, lambda body: self.graph(body, scope)
        )
        found = CONVERTERS[kind_of(proto)](node)
        values = [found] if isinstance(found, Value) else list(found)
        if any(proto.output[len(values) :]):
            raise GraphError(f"expected {len(values)} outputs of {reader}, got {len(proto.output)}")
        for name, value in zip(proto.output, values, strict=False):
            if name:
                scope.define(name, value)
                if value not in inputs:
                    scope.builder.rename(value, name)

    @staticmethod
    def _output(name: str, scope: _Scope) -> Value:
        value = scope.value(name, "the graph's output")
        if value.name == name:
            return value
        return scope.builder.add(Identity(), value, outputs=[name])[0]


def _type(info: ValueInfoProto) -> TensorType | None:
    """The type of an input; None where the file leaves its rank open."""
    kind = info.type.WhichOneof("value")
    if kind is None:
        return None
    if kind != "tensor_type":
        raise GraphError(f"expected a tensor as the input {info.name}, got a {kind}")
    tensor = info.type.tensor_type
    element = dtype_of(tensor.elem_type, f"the input {info.name}")
    if not tensor.HasField("shape"):
        return None
    shape: list[Size] = []
    for place, dim in enumerate(tensor.shape.dim):
        if dim.HasField("dim_value") and dim.dim_value >= 0:
            shape.append(dim.dim_value)
        else:  # some exporters write -1, or "?" for sizes that have nothing to do with each other
            own = dim.dim_param not in ("", UNKNOWN)
            shape.append(dim.dim_param if own else f"{info.name}.{place}")
    return TensorType(element, tuple(shape))
