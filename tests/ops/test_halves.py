"""Operators on numbers of 16 bits: sums are in float32, and results are rounded."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.matmul import matmul
from autosched.ops.resolve import resolve
from autosched.ops.softmax import softmax
from autosched.te.arrays import from_storage, to_storage
from autosched.te.evaluate import evaluate

ROWS = {"m": 2, "n": 2000}
WINDOW = {"h": 3, "w": 3, "k": 3, "padding": 1}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("gelu", {"m": 3, "n": 40}),
        ("softmax", ROWS),
        ("logsumexp", ROWS),
        ("layer_norm", ROWS),
        ("rms_norm", ROWS),
        ("l2_norm", ROWS),
        ("matmul", {"m": 2, "n": 2, "k": 2000}),
        ("batch_matmul", {"b": 2, "m": 2, "n": 2, "k": 500}),
        ("dense", {"m": 2, "n": 2, "k": 2000, "bias": True}),
        ("gated_dense", {"m": 2, "n": 2, "k": 300}),
        ("conv2d", {"ci": 100, "co": 2, **WINDOW, "bias": True, "relu": True}),
        ("depthwise_conv2d", {"c": 2, **WINDOW}),
        ("conv2d_transpose", {"ci": 100, "co": 2, "h": 3, "w": 3}),
        ("avg_pool1d", {"c": 2, "w": 2000, "k": 2000}),
        ("capsule_conv2d", {"h": 3, "w": 3, "ci": 60, "co": 2}),
        ("resize", {"c": 2, "h": 5, "w": 7, "height": 11, "width": 3, "mode": "bilinear"}),
        ("attention", {"b": 1, "heads": 1, "m": 4, "n": 300, "d": 8}),
    ],
)
def test_as_exact_as_the_result_can_be(name: str, params: dict[str, object], dtype: str) -> None:
    half = resolve(name, {**params, "dtype": dtype})
    wide = resolve(name, {**params, "dtype": "float32"})
    random = np.random.default_rng(0)
    shapes = [[int(n.value) for n in tensor.shape] for tensor in half.inputs]
    kind = half.inputs[0].dtype
    given = [to_storage(random.uniform(0, 1, shape).astype("f4"), kind) for shape in shapes]
    floats = [from_storage(array, kind).astype("f4") for array in given]
    (got,) = evaluate(half.outputs, dict(zip(half.inputs, given, strict=True)))
    (want,) = evaluate(wide.outputs, dict(zip(wide.inputs, floats, strict=True)))
    assert half.outputs[0].dtype == dtype
    step = {"float16": 2.0**-10, "bfloat16": 2.0**-7}[dtype]
    np.testing.assert_allclose(from_storage(got, kind), want, rtol=2 * step, atol=step)


def test_an_explicit_dtype_of_sums_is_kept() -> None:
    A, B = te.placeholder((2, 3), "float16", name="A"), te.placeholder((3, 2), "float16", name="B")
    sums = matmul(A, B, "float16")
    assert sums.op.reduce_axis  # type: ignore[attr-defined]
    assert sums.dtype == "float16"
    assert not matmul(A, B).op.reduce_axis  # type: ignore[attr-defined]
    assert matmul(A, B, "float32").dtype == "float32"


def test_operands_of_several_dtypes_are_refused() -> None:
    A, B = te.placeholder((2, 3), "float16", name="A"), te.placeholder((3, 2), name="B")
    with pytest.raises(ExpressionError, match="float16"):
        matmul(A, B)
    with pytest.raises(ExpressionError, match="float dtype"):
        softmax(te.placeholder((2, 3), "int8", name="x"))
