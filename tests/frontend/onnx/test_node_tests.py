"""The node tests of the onnx package, by the meaning of graphs."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from autosched.errors import GraphError  # noqa: E402  after the skip
from autosched.frontend.onnx.importer import from_onnx  # noqa: E402
from autosched.graph.evaluate import evaluate  # noqa: E402
from autosched.graph.parser import parse  # noqa: E402
from autosched.graph.printer import text  # noqa: E402
from autosched.graph.verifier import verify  # noqa: E402

NOT_NUMBERS = ("STRING", "FLOAT8", "FLOAT4", "INT4", "UINT4", "INT2", "UINT2")

UNSUPPORTED = {
    "ImageDecoder", "OptionalGetElement", "OptionalHasElement", "RandomUniformLike",
}  # fmt: skip
"""Operators without a converter yet."""

KNOWN = {
    "test_not_": "made for opset 1",
    "training_": "trained: statistics change, and values are dropped",
    "test_scan_sum": "a Scan of opset 8, over batches",
    "causal_fp16_expanded": "the answer rounds in another order",
    "causal_bf16": "the answer rounds every sum of an attention; ours is rounded once",
    "padded_kv_bf16": "the answer rounds every sum of an attention; ours is rounded once",
}
"""Why some tests fail that name no operator that is missing, by a part of their names."""


def node_tests() -> list[Any]:
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    return [test for test in found if test.model is not None and is_of_numbers(test.model)]


def is_of_numbers(model: Any) -> bool:
    if any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
        return False
    for info in (*model.graph.input, *model.graph.output):
        if info.type.WhichOneof("value") != "tensor_type":
            return False
        name = onnx.TensorProto.DataType.Name(info.type.tensor_type.elem_type)
        if name.startswith(NOT_NUMBERS):
            return False
    return True


def stored(array: Any) -> np.ndarray:
    """An array as graphs take it: bfloat16 as bits."""
    if isinstance(array, onnx.TensorProto):
        array = onnx.numpy_helper.to_array(array)
    array = np.asarray(array)
    return array.view(np.uint16) if array.dtype.name == "bfloat16" else array


def comparable(array: np.ndarray, is_bfloat: bool) -> np.ndarray:
    return (array.astype(np.uint32) << 16).view(np.float32) if is_bfloat else array


def check(test: Any) -> None:
    graph = from_onnx(test.model)
    verify(graph)
    arrays = {value.name: array for value, array in graph.constants.items()}
    assert text(parse(text(graph), arrays)) == text(graph)
    kinds = [info.type.tensor_type.elem_type for info in test.model.graph.output]
    for inputs, outputs in test.data_sets:
        found = evaluate(graph, [stored(array) for array in inputs])
        for got, wanted, kind in zip(found, map(stored, outputs), kinds, strict=True):
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
            is_bfloat = kind == onnx.TensorProto.BFLOAT16
            np.testing.assert_allclose(
                comparable(got, is_bfloat),
                comparable(wanted, is_bfloat),
                rtol=test.rtol,
                atol=test.atol,
            )


def failing(tests: list[Any]) -> Iterator[tuple[str, str]]:
    """The tests that fail, and why."""
    for test in tests:
        try:
            check(test)
        except (GraphError, AssertionError) as error:
            yield test.name, str(error)


@pytest.mark.filterwarnings("ignore")
def test_all_that_is_not_known_to_fail_is_right() -> None:
    tests = node_tests()
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, error in failing(tests):
        missing = [kind for kind in UNSUPPORTED if f"{kind} (" in error]
        known = [part for part in KNOWN if part in name]
        reasons[(missing or known or [error])[0]].append(name)
    assert reasons.keys() <= UNSUPPORTED | KNOWN.keys(), reasons
    right = len(tests) - sum(map(len, reasons.values()))
    print(f"{right} of {len(tests)} node tests are right")
    assert right >= 0.95 * len(tests)
