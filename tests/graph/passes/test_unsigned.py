"""Activations of int8 become uint8, of which nobody sees anything."""

from __future__ import annotations

import numpy as np

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.passes.unsigned import unsigned
from autosched.graph.verifier import verify
from autosched.ir.dtype import dtype
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


def test_the_integers_may_be_moved_and_chosen_on_the_way() -> None:
    net = Net(1, 3, 4, 4)
    steps = net.steps(0.01, -7, "int8")
    whole = net.add("quantize", net.x, *steps)
    pooled = net.add("max_pool", whole, kernel=(3, 3), pads=(1, 1, 1, 1))
    joined = net.add("concat", pooled, whole, axis=1)
    graph = net.of(net.add("dequantize", joined, *steps), net.add("center", pooled, steps[1]))
    new = unsigned(graph)
    verify(new)
    assert dtypes(new) == ["uint8", "uint8", "uint8", "float32", "int32"]
    x = np.linspace(-3, 3, 48, dtype=np.float32).reshape(1, 3, 4, 4)
    for found, wanted in zip(evaluate(new, [x]), evaluate(graph, [x]), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_no_zero_point_is_one_of_zero() -> None:
    net = Net(2, 3)
    scale = net.constant(np.float32(0.01))
    whole = net.add("quantize", net.x, scale, to=dtype("int8"))
    graph = net.of(net.add("dequantize", whole, scale), net.add("center", whole))
    new = unsigned(graph)
    verify(new)
    assert dtypes(new)[0] == "uint8"
    x = np.linspace(-3, 3, 6, dtype=np.float32).reshape(2, 3)
    for found, wanted in zip(evaluate(new, [x]), evaluate(graph, [x]), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_int8_that_others_read_stays() -> None:
    net = Net(2, 3)
    steps = net.steps(0.01, 3, "int8")
    whole = net.add("quantize", net.x, *steps)
    real = net.add("dequantize", whole, *steps)
    assert dtypes(unsigned(net.of(real, whole))) == ["int8", "float32"]
    others = {
        "computed": net.add("abs", net.add("transpose", whole)),
        "joined": net.add("concat", whole, net.constant(np.zeros((1, 3), np.int8)), axis=0),
        "moved out": net.add("transpose", whole),
    }
    for name, value in others.items():
        assert dtypes(unsigned(net.of(real, value)))[0] == "int8", name
