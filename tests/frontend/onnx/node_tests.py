"""The node tests of the onnx package that are about numbers, and two ways to run them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx

from autosched.backends.parse import parse as parse_target
from autosched.errors import GraphError
from autosched.frontend.onnx.importer import from_onnx
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph, check_inputs
from autosched.graph.infer import bind
from autosched.graph.network import Network, compiled
from autosched.graph.parser import parse
from autosched.graph.passes import pipeline
from autosched.graph.printer import text
from autosched.graph.verifier import verify

Array = np.ndarray
Run = Callable[[Graph, Sequence[Array]], list[Array]]

CPU = parse_target("cpu -threads=1")
NOT_NUMBERS = ("STRING", "FLOAT8", "FLOAT4", "INT4", "UINT4", "INT2", "UINT2")

REASONS = {
    "ImageDecoder": "files of images are not numbers",
    "RandomUniformLike": "the answer depends on the random numbers of another library",
    "training_": "trained: statistics change, and values are dropped",
    "test_scan_sum": "a Scan of opset 8, over batches",
    "silu_fp16": "the answer rounds in another order",
    "fp16_expanded": "the answer rounds in another order",
    "causal_bf16": "the answer rounds every sum of an attention; ours is rounded once",
    "padded_kv_bf16": "the answer rounds every sum of an attention; ours is rounded once",
}
"""Why some tests fail, by a part of the name or of the error."""


def node_tests() -> list[Any]:
    """The tests, each a model with arrays of inputs and outputs."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    return [test for test in found if test.model is not None and _is_of_numbers(test.model)]


def by_meaning(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """By the evaluator, of a graph that is verified and survives printing and parsing."""
    verify(graph)
    constants = {value.name: array for value, array in graph.constants.items()}
    assert text(parse(text(graph), constants)) == text(graph)
    return evaluate(graph, arrays)


def by_kernels(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """By the compiled network."""
    return network_for(graph, arrays).run(arrays)


def network_for(graph: Graph, arrays: Sequence[Array]) -> Network:
    """The network of the graph for inputs of the sizes of the arrays."""
    return compiled(pipeline.run(bind(graph, check_inputs(graph, arrays))), CPU)


def check(test: Any, run: Run) -> None:
    """Raise AssertionError unless the outputs have the types and the values they should have."""
    graph = from_onnx(test.model)
    kinds = [info.type.tensor_type.elem_type for info in test.model.graph.output]
    for inputs, outputs in test.data_sets:
        found = run(graph, [stored(array) for array in inputs])
        for got, wanted, kind in zip(found, map(stored, outputs), kinds, strict=True):
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
            is_bfloat = kind == onnx.TensorProto.BFLOAT16
            np.testing.assert_allclose(
                _comparable(got, is_bfloat),
                _comparable(wanted, is_bfloat),
                rtol=test.rtol,
                atol=test.atol,
            )


def failing(tests: Sequence[Any], run: Run) -> Iterator[tuple[str, str]]:
    """The names of the tests that fail, and why: one of REASONS, else the error."""
    for test in tests:
        try:
            check(test, run)
        except (GraphError, AssertionError) as error:
            parts = [part for part in REASONS if part in test.name or f"{part} (" in str(error)]
            yield test.name, REASONS[parts[0]] if parts else str(error)


def stored(array: Any) -> Array:
    """An array as graphs take it: bfloat16 as bits."""
    if isinstance(array, onnx.TensorProto):
        array = onnx.numpy_helper.to_array(array)
    array = np.asarray(array)
    return array.view(np.uint16) if array.dtype.name == "bfloat16" else array


def _comparable(array: Array, is_bfloat: bool) -> Array:
    return (array.astype(np.uint32) << 16).view(np.float32) if is_bfloat else array


def _is_of_numbers(model: Any) -> bool:
    if any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
        return False
    for info in (*model.graph.input, *model.graph.output):
        if info.type.WhichOneof("value") != "tensor_type":
            return False
        name = onnx.TensorProto.DataType.Name(info.type.tensor_type.elem_type)
        if name.startswith(NOT_NUMBERS):
            return False
    return True
