"""Operators that hold graphs."""

from __future__ import annotations

from autosched.errors import GraphError
from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.graph.graph import Graph, Value
from autosched.graph.operators import control


@converts("If")
def _if(node: OnnxNode) -> list[Value]:
    then, from_then = node.graph("then_branch")
    otherwise, from_otherwise = node.graph("else_branch")
    given = list(dict.fromkeys([*from_then, *from_otherwise]))
    operator = control.If(
        _taking(then, from_then, given), _taking(otherwise, from_otherwise, given)
    )
    return list(node.emit_all(operator, node.needed(0), *given, count=len(node.wanted)))


def _taking(graph: Graph, captured: list[Value], given: list[Value]) -> Graph:
    """The graph with an input for each of `given`, of which it reads `captured`."""
    own = dict(zip(captured, graph.inputs[len(graph.inputs) - len(captured) :], strict=True))
    inputs = tuple(own.get(value) or Value(f"{value.name}.unused", value.type) for value in given)
    return Graph(graph.name, inputs, graph.outputs, graph.nodes, graph.constants)


@converts("Loop")
def _loop(node: OnnxNode) -> list[Value]:
    body, captured = node.graph("body")
    carried = len(node.inputs) - 2
    operator = control.Loop(body, carried)
    inputs = [node.input(0), node.input(1), *node.inputs[2:], *captured]
    return list(node.emit_all(operator, *inputs, count=len(node.wanted)))


@converts("Scan")
def _scan(node: OnnxNode) -> list[Value]:
    if node.opset < 9:
        raise GraphError(f"expected a Scan of opset 9 or more at {node.name}, got {node.opset}")
    body, captured = node.graph("body")
    scanned = node.attribute("num_scan_inputs")
    operator = control.Scan(
        body,
        len(node.inputs) - scanned,
        scanned,
        node.attribute("scan_input_axes", ()),
        node.attribute("scan_output_axes", ()),
        node.attribute("scan_input_directions", ()),
        node.attribute("scan_output_directions", ()),
    )
    return list(node.emit_all(operator, *node.inputs, *captured, count=len(node.wanted)))


@converts("OptionalHasElement")
def _has_element(node: OnnxNode) -> Value:
    """A tensor is there, as no graph here has anything else that is optional."""
    return node.constant(node.input(0) is not None, bool)


@converts("OptionalGetElement")
def _get_element(node: OnnxNode) -> Value:
    return node.needed(0)
