"""Activations of int8 become uint8, of which nobody sees anything."""

from __future__ import annotations

import numpy as np

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.passes.unsigned import unsigned
from autosched.graph.verifier import verify
from tests.graph.passes.quantized_nets import Net


def dtypes(graph: Graph) -> list[str]:
    return [str(node.outputs[0].type.dtype) for node in graph.nodes]  # type: ignore[union-attr]


def test_int8_between_quantize_and_dequantize_becomes_uint8() -> None:
    net = Net(2, 3)
    graph = net.of(net.quantized(net.x, 0.01, -7, "int8"))
    new = unsigned(graph)
    verify(new)
    assert dtypes(graph) == ["int8", "float32"]
    assert dtypes(new) == ["uint8", "float32"]
    x = np.linspace(-3, 3, 6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(evaluate(new, [x])[0], evaluate(graph, [x])[0])


def test_int8_that_others_read_stays() -> None:
    net = Net(2, 3)
    steps = net.steps(0.01, 3, "int8")
    whole = net.add("quantize", net.x, *steps)
    real = net.add("dequantize", whole, *steps)
    assert dtypes(unsigned(net.of(real, whole))) == ["int8", "float32"]
    turned = net.add("dequantize", net.add("transpose", whole), *steps)
    assert dtypes(unsigned(net.of(turned)))[0] == "int8"
