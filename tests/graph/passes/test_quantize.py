"""Quantized graphs compute on integers, and give the numbers of the floats they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.network import compiled
from autosched.graph.passes import pipeline
from autosched.graph.passes.quantize import quantize
from autosched.graph.verifier import verify
from autosched.ir.dtype import dtype
from tests.graph.passes.quantized_nets import Net

rng = np.random.default_rng(23)


def kinds(graph: Graph) -> list[str]:
    return [node.operator.name for node in graph.nodes]


def check(graph: Graph, *left: str) -> None:
    """The pass leaves these operators; their results are as before, by kernels too."""
    new = quantize(graph)
    verify(new)
    assert kinds(new) == list(left)
    assert [value.type for value in new.outputs] == [value.type for value in graph.outputs]
    x = rng.standard_normal(graph.inputs[0].type.sizes).astype(np.float32)  # type: ignore[union-attr]
    network = compiled(pipeline.run(graph), parse_target("cpu -threads=1"))
    for wanted, *found in zip(
        evaluate(graph, [x]), evaluate(new, [x]), network.run([x]), strict=True
    ):
        for got in found:
            assert got.dtype == wanted.dtype
            np.testing.assert_allclose(got, wanted, atol=0.11)


CHANNELS = np.array([0.01, 0.02, 0.005, 0.03])


@pytest.mark.parametrize("kind", ["uint8", "int8"])
@pytest.mark.parametrize("scale", [0.01, CHANNELS], ids=["one", "channels"])
def test_a_convolution_sums_in_int32(kind: str, scale: Any) -> None:
    net = Net(2, 3, 5, 5)
    x = net.quantized(net.x, 0.02, 7, kind)
    w = net.weights(4, 3, 3, 3, scale=scale, axis=0)
    y = net.add("conv", x, w, net.constant(np.float32([1, -1, 0, 2])), pads=(1, 1, 1, 1))
    y = net.quantized(net.add("relu", y), 0.05, 3, kind)
    check(net.of(y), "quantize", "conv", "requantize", "clip", "dequantize")


def test_weights_of_uint8_about_their_middle_are_int8() -> None:
    net = Net(1, 3, 5, 5)
    w = net.weights(4, 3, 3, 3, zero=128)
    y = net.add("conv", net.quantized(net.x, 0.02, 120), w)
    check(net.of(net.quantized(y, 0.1, 128)), "quantize", "conv", "requantize", "dequantize")


def test_what_is_not_quantized_again_is_dequantized() -> None:
    net = Net(2, 3)
    y = net.add("matmul", net.quantized(net.x, 0.02, 120), net.weights(3, 5))
    check(net.of(net.add("tanh", y)), "quantize", "matmul", "add", "dequantize", "tanh")


def test_a_dense_layer_adds_its_bias_to_the_sums() -> None:
    net = Net(2, 3)
    w = net.weights(4, 3, scale=CHANNELS, axis=0)
    product = net.add("matmul", net.quantized(net.x, 0.02, 0, "int8"), w, transpose_b=True)
    y = net.add("add", product, net.constant(np.float32([1, 2, 3, 4])))
    y = net.quantized(net.add("clip", y, net.constant(np.float32(-1))), 0.1, 0, "int8")
    check(net.of(y), "quantize", "matmul", "add", "requantize", "clip", "dequantize")


def test_sums_and_choices_of_quantized_values_are_of_integers() -> None:
    net = Net(1, 2, 4, 4)
    a, b = net.quantized(net.x, 0.02, 100), net.quantized(net.x, 0.03, 110)
    y = net.quantized(net.add("add", a, b), 0.06, 128)
    pooled = net.add("max_pool", y, kernel=(2, 2), strides=(2, 2))
    y = net.quantized(net.add("concat", pooled, pooled, axis=1), 0.06, 128)
    left = ["quantize", "quantize", "add_quantized", "max_pool", "concat", "dequantize"]
    check(net.of(y), *left)


def test_what_needs_floats_keeps_them() -> None:
    net = Net(2, 3)
    a = net.quantized(net.x, 0.02, 100)
    y = net.quantized(net.add("mul", a, a), 0.06, 128)
    graph = net.of(net.add("reshape", y, net.constant(np.array([3, 2]))))
    assert kinds(quantize(graph)) == kinds(graph)


def test_products_of_centred_integers_are_of_the_integers() -> None:
    net = Net(2, 3)
    steps = net.steps(0.02, 100, "uint8")
    x = net.add("center", net.add("quantize", net.x, *steps), steps[1])
    w = net.constant(rng.integers(-128, 128, (3, 4)).astype(np.int8))
    y = net.add("matmul", x, net.add("center", w))
    check(net.of(y), "quantize", "matmul", "add")


def test_a_zero_point_that_a_run_tells_is_taken_off_the_sums() -> None:
    net = Net(2, 3)
    zero = net.add("cast", net.add("max", net.x, keepdims=False), to=dtype("uint8"))
    whole = net.add("quantize", net.x, net.constant(np.float32(0.02)), zero)
    w = net.constant(rng.integers(-128, 128, (3, 4)).astype(np.int8))
    y = net.add("matmul", net.add("center", whole, zero), net.add("center", w))
    check(net.of(y), "max", "cast", "quantize", "matmul", "cast", "mul", "sub")
