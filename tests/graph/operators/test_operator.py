"""Every operator: what it infers, evaluates and defines agree, on uses of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators import OPERATORS
from autosched.graph.operators.movement import Band
from autosched.graph.operators.operator import Undefined, check_arity, is_static
from autosched.graph.types import TensorType
from autosched.te.evaluate import evaluate
from tests.graph.operators.sample import Sample, floats, use
from tests.graph.operators.samples import SAMPLES

HOLD_GRAPHS = {"if", "loop", "scan", "onnxruntime", "stablehlo"}
UNDEFINED = {
    "bit_cast", "compress", "eye_like", "full", "hardmax",
    "nonzero", "range", "shape", "size",
    "topk", "unique", "rnn", "gru", "lstm", "det", "grid_sample", "deform_conv", "roi_align",
    "non_max_suppression", "max_unpool", "col2im", "dft", "stft", "cosine_window",
    "mel_weights", "attention", "linear_attention", "tensor_scatter",
    "count_ngrams",
}  # fmt: skip
"""Operators that have no tensor expression yet, or of which only a run tells the shape."""

UNDEFINED_SO = {"pad(mode=wrap) 5,2", "mod() 7,7", "scatter_elements(axis=1) 3x5,1x3,1x3",
                "scatter_nd(reduction=add) 3x5,3x2,3"}  # fmt: skip

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def given_to(sample: Sample, make: Any) -> list[Any]:
    """The inputs as `infer` and `define` get them."""
    kind = type(sample.operator)
    return [
        x if x is None or is_static(kind, place) else make(x)
        for place, x in enumerate(map(as_array, sample.inputs))
    ]


def as_array(x: Any) -> Any:
    return None if x is None else np.asarray(x)


def evaluated(sample: Sample) -> list[np.ndarray]:
    return sample.operator.outputs([as_array(x) for x in sample.inputs])


def inferred(sample: Sample) -> list[TensorType]:
    found = sample.operator.infer(*given_to(sample, TensorType.of))
    return [found] if isinstance(found, TensorType) else list(found)


def test_every_operator_is_among_the_samples() -> None:
    assert {sample.operator.name for sample in SAMPLES} == OPERATORS.keys() - HOLD_GRAPHS


@every_sample
def test_types_are_those_of_the_arrays(sample: Sample) -> None:
    found = evaluated(sample)
    types = inferred(sample)
    assert len(found) == len(types)
    for array, kind in zip(found, types, strict=True):
        assert kind.holds(np.shape(array))
        assert kind.dtype.numpy == array.dtype


@every_sample
def test_the_tensor_expression_computes_the_same(sample: Sample) -> None:
    arrays: dict[Any, np.ndarray] = {}

    def placeholder(x: np.ndarray) -> Any:
        tensor = te.placeholder(x.shape, str(x.dtype), name="x")
        arrays[tensor] = x
        return tensor

    try:
        made = sample.operator.define(*given_to(sample, placeholder))
    except Undefined:
        assert sample.operator.name in UNDEFINED or str(sample) in UNDEFINED_SO
        return
    assert sample.operator.name not in UNDEFINED
    made = made if isinstance(made, list) else [made]
    for got, wanted in zip(evaluate(made, arrays), evaluated(sample), strict=False):
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    "sample",
    [
        *(use(name, floats(2, 0)) for name in ("softmax", "log_softmax", "hardmax")),
        use("group_norm", floats(1, 0, 2), floats(0), floats(0)),
        use("pad", floats(), np.zeros(0, int)),
    ],
    ids=str,
)
def test_nothing_gives_nothing(sample: Sample) -> None:
    (found,) = evaluated(sample)
    np.testing.assert_array_equal(found, sample.inputs[0])


def test_inputs_are_counted() -> None:
    conv = OPERATORS["conv"]
    check_arity(conv, 2, ["x", "w"])
    check_arity(conv, 3, ["x", "w", None])
    check_arity(OPERATORS["concat"], 5, ["x"] * 5)
    with pytest.raises(GraphError, match=r"expected \(x, weight, bias\?\) .* of conv, got 1"):
        check_arity(conv, 1, ["x"])
    with pytest.raises(GraphError, match="got 4 of them"):
        check_arity(conv, 4, ["x", "w", "b", "y"])
    with pytest.raises(GraphError, match="expected the input weight of conv, got none"):
        check_arity(conv, 2, ["x", None])


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (use("add", floats(3), floats(4)), "shapes that broadcast for add"),
        (use("add", floats(3), floats(3).astype("float64")), "one dtype for add"),
        (use("matmul", floats(3, 4), floats(5, 3)), "inner extents agree"),
        (use("conv", floats(1, 3, 2), floats(1, 3, 5)), "windows of .* that fit"),
        (use("conv", floats(1, 3, 9), floats(1, 2, 5)), "weights for 3 channels"),
        (use("reshape", floats(3, 4), np.array([5, -1])), "shape of 12 elements"),
        (use("concat", floats(3, 4), floats(4, 4), axis=1), "inputs of concat that fit"),
        (use("squeeze", floats(3, 4), np.array([0])), "axes of extent 1"),
        (use("transpose", floats(3, 4), permutation=(0, 0)), "order of 2 axes"),
        (use("split", floats(7), np.array([2, 2])), "parts of 7"),
        (use("softmax", floats(3), axis=2), "axis of softmax from -1 to 0, got 2"),
        (use("einsum", floats(3), equation="ij->i"), "2 axes for 'ij'"),
        (use("batch_norm", floats(3), *[floats(3)] * 4), "batch_norm with channels"),
        (use("batch_norm", floats(3, 2), *[floats(3)] * 4), "2 values of batch_norm"),
        (use("group_norm", floats(1, 3, 2), floats(3), floats(3), groups=2), "groups that divide"),
        (use("topk", floats(3), np.array([4])), "at most 3 elements"),
        (use("argmax", floats(3, 0), axis=1), "elements along axis 1"),
        (use("trilu", floats(3)), "matrices"),
        (use("depth_to_space", floats(1, 6, 2, 2)), "channels in blocks of 4"),
        (use("space_to_depth", floats(1, 1, 2, 3)), "columns in blocks of 2"),
        (use("pad", floats(0, 2), np.array([1, 0, 0, 0]), mode="edge"), "elements to pad"),
        (use("pad", floats(1), np.array([-2, 3])), "elements to pad"),
        (use("max_pool", floats(3, 4)), "at least one axis"),
        (use("max_pool", floats(1, 1, 4), kernel=(1 << 29,), pads=(1 << 29, 0)), "windows of 1 to"),
        (use("max_pool", floats(1, 1, 4), kernel=(2,), strides=(0,)), "strides and dilations of 1"),
    ],
    ids=str,
)
def test_inputs_that_do_not_fit_are_told(sample: Sample, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        inferred(sample)


def test_a_concat_of_many_parts_is_left_to_numpy() -> None:
    parts = [te.placeholder((2,), "float32", name=f"x{number}") for number in range(65)]
    assert OPERATORS["concat"]().define(*parts[1:]) is not None
    with pytest.raises(Undefined, match="a concat of 64 parts or less, got 65"):
        OPERATORS["concat"]().define(*parts)


def test_a_zero_below_zero_is_another_fill() -> None:
    assert str(Band(fill=-0.0).changed) == "{'fill': -0.0}"
    assert Band(fill=0.0).changed == {}
    assert Band(fill=-0.0) == Band(fill=-0.0) != Band(fill=0.0) == Band(fill=0)
