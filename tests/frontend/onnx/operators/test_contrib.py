"""Operators of ONNX Runtime's own domain, against ONNX Runtime where it is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper  # noqa: E402  after the skip

from autosched.frontend.onnx.importer import from_onnx  # noqa: E402
from autosched.graph.evaluate import evaluate  # noqa: E402
from tests.frontend.onnx.models import model  # noqa: E402

rng = np.random.default_rng(41)


def floats(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def whole(*shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape).astype(np.uint8)


X = "x"
A = (whole(2, 3, 4, 4), np.float32(0.02), np.uint8(120))
B = (whole(2, 3, 4, 4), np.float32(0.03), np.uint8(100))
Y = (np.float32(0.05), np.uint8(128))
IMAGE = (floats(2, 3, 4, 4), floats(3, 3, 3, 3), floats(3))

CASES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("QLinearAdd", (*A, *B, *Y), {}),
    ("QLinearMul", (*A, *B, *Y), {}),
    ("QLinearSigmoid", (*A, np.float32(1 / 256), np.uint8(0)), {}),
    ("QLinearLeakyRelu", (*A, *Y), {"alpha": 0.1}),
    ("QLinearGlobalAveragePool", (*A, *Y), {}),
    ("QLinearConcat", (*Y, *A, *B), {"axis": 1}),
    (
        "QGemm",
        (
            *(whole(4, 3), np.float32(0.02), np.uint8(120)),
            *(rng.integers(-99, 99, (5, 3)).astype(np.int8), np.full(5, 0.01, np.float32)),
            *(np.zeros(5, np.int8), rng.integers(-999, 999, 5).astype(np.int32), *Y),
        ),
        {"transB": 1},
    ),
    ("Gelu", (floats(7),), {}),
    ("FastGelu", (floats(2, 7), floats(7)), {}),
    ("BiasGelu", (floats(2, 7), floats(7)), {}),
    ("QuickGelu", (floats(7),), {"alpha": 1.5}),
    ("FusedMatMul", (floats(3, 2), floats(5, 3)), {"transA": 1, "transB": 1, "alpha": 0.5}),
    ("FusedConv", IMAGE, {"activation": "Relu", "pads": [1, 1, 1, 1]}),
    ("FusedConv", (*IMAGE, floats(2, 3, 2, 2)), {"activation": "Tanh"}),
    ("FusedConv", IMAGE, {"activation": "LeakyRelu", "activation_params": [0.2]}),
    ("FusedConv", IMAGE, {"activation": "Clip", "activation_params": [-0.5, 0.5]}),
    ("SkipLayerNormalization", (floats(1, 2, 5), floats(1, 2, 5), *floats(3, 5)), {}),
    ("SkipSimplifiedLayerNormalization", (floats(1, 2, 5), floats(1, 2, 5), floats(5)), {}),
]


@pytest.mark.parametrize(("kind", "given", "attributes"), CASES, ids=[case[0] for case in CASES])
def test_results_are_those_of_onnx_runtime(
    kind: str, given: tuple[Any, ...], attributes: dict[str, Any]
) -> None:
    arrays = {f"c{place}": np.asarray(array) for place, array in enumerate(given)}
    node = helper.make_node(kind, list(arrays), ["y"], domain="com.microsoft", **attributes)
    made = model([node], {}, ["y"], arrays)
    made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    is_whole = kind.startswith("Q") and kind != "QuickGelu"
    made.graph.output[0].type.tensor_type.elem_type = 2 if is_whole else 1
    made.ir_version = 10
    (got,) = evaluate(from_onnx(made), [])
    assert got.dtype == (np.uint8 if is_whole else np.float32)
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(made.SerializeToString())
    (wanted,) = session.run(None, {})
    np.testing.assert_allclose(got.astype(float), wanted, rtol=1e-4, atol=1 if is_whole else 1e-3)
