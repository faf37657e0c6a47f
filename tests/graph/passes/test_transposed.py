"""Transposed convolutions as convolutions compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import OPERATORS
from autosched.graph.passes.transposed import transposed
from autosched.graph.types import TensorType
from autosched.graph.verifier import verify
from autosched.ir.dtype import FLOAT32

rng = np.random.default_rng(31)


def graph_of(shape: tuple[int, ...], weight: tuple[int, ...], **attributes: Any) -> Graph:
    builder = TypedBuilder("g")
    x = builder.input("x", TensorType(FLOAT32, shape))
    channels = weight[1] * attributes.get("groups", 1)
    arrays = [rng.standard_normal(s).astype(np.float32) for s in (weight, (channels,))]
    constants = [builder.constant(array) for array in arrays]
    return builder.build(builder.add(OPERATORS["conv_transpose"](**attributes), x, *constants))


@pytest.mark.parametrize(
    ("shape", "weight", "attributes"),
    [
        ((2, 3, 4, 5), (3, 2, 2, 2), {"strides": (2, 2)}),
        ((1, 3, 4, 5), (3, 2, 3, 4), {"strides": (2, 3), "pads": (1, 2, 0, 1)}),
        ((1, 4, 3, 3), (4, 3, 4, 4), {"strides": (2, 2), "pads": (1, 1, 1, 1), "groups": 2}),
        ((1, 2, 5), (2, 3, 3), {"output_padding": (1,), "strides": (2,)}),
        ((1, 2, 3, 3), (2, 1, 3, 3), {"pads": (1, 1, 1, 1)}),
        ((1, 2, 2, 3, 2), (2, 1, 2, 1, 3), {"strides": (1, 2, 3)}),
        ((1, 1, 3, 3), (1, 1, 3, 3), {"strides": (2, 2), "auto_pad": "same_upper"}),
        ((1, 2, 3, 5), (2, 2, 3, 2), {"dilations": (2, 3), "pads": (2, 0, 1, 1)}),
        ((1, 4, 5, 2), (4, 1, 2, 3), {"strides": (1, 3), "dilations": (4, 1), "groups": 2}),
    ],
)
def test_a_convolution_gives_the_same(
    shape: tuple[int, ...], weight: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    graph = graph_of(shape, weight, **attributes)
    new = transposed(graph)
    verify(new)
    kinds = [node.operator.name for node in new.nodes]
    assert kinds[0] == "conv"
    assert "conv_transpose" not in kinds
    assert new.outputs[0].type == graph.outputs[0].type
    x = rng.standard_normal(shape).astype(np.float32)
    np.testing.assert_allclose(evaluate(new, [x])[0], evaluate(graph, [x])[0], atol=1e-5)


@pytest.mark.parametrize(
    "attributes",
    [
        {"dilations": (2, 2), "strides": (1, 2)},
        {"dilations": (3, 3), "strides": (2, 1)},
        {"pads": (3, 3, 3, 3)},
    ],
)
def test_what_is_no_such_convolution_stays(attributes: dict[str, Any]) -> None:
    graph = graph_of((1, 1, 9, 9), (1, 1, 2, 2), **attributes)
    assert [node.operator.name for node in transposed(graph).nodes] == ["conv_transpose"]
