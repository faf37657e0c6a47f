from __future__ import annotations

import pytest

from autosched.graph.passes.scales import scales
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[1, 3, 7, 5], s: float32[1, 3, 1, 1]"
GIVEN = [
    "w: float32[4, 3, 1, 1] = any",
    "b: float32[4] = any",
    "k: float32[2, 3, 2, 2] = any",
    "g: float32[3, 1, 1, 1] = any",
    "f: float32[40, 3, 1, 1] = any",
]


@pytest.mark.parametrize(
    "lines",
    [
        ["y = mul(x, s)", "z = conv(y, w)"],
        ["y = mul(s, x)", "z = conv(y, w, b)"],
        ["y = mul(x, s)", "z = conv(y, k, strides=[2, 1])"],
        ["t = sigmoid(s)", "y = mul(x, t)", "z = conv(y, w)"],
    ],
)
def test_the_weights_are_scaled(lines: list[str]) -> None:
    new = after(scales, INPUTS, *GIVEN, *lines)
    assert kinds(new)[-2:] == ["mul", "conv"]
    assert new.nodes[-1].inputs[0] is new.inputs[0]


@pytest.mark.parametrize(
    "lines",
    [
        ["y = mul(x, s)", "z = conv(y, f)"],
        ["y = mul(x, s)", "z = conv(y, w, pads=[1, 1, 1, 1])"],
        ["y = mul(x, s)", 'z = conv(y, w, auto_pad="SAME_UPPER")'],
        ["y = mul(x, s)", "z = conv(y, g, groups=3)"],
        ["y = mul(x, x)", "z = conv(y, w)"],
        ["y = mul(x, s)", "c = conv(y, w)", "d = sum(y)", "z = add(c, d)"],
    ],
)
def test_others_stay(lines: list[str]) -> None:
    new = after(scales, INPUTS, *GIVEN, *lines)
    assert new.nodes[0].inputs[0] is new.inputs[0]
    assert kinds(new)[0] == "mul"
    assert new.nodes[0].outputs[0].type == new.inputs[0].type


def test_weights_of_the_call_stay() -> None:
    new = after(scales, f"{INPUTS}, v: float32[4, 3, 1, 1]", "y = mul(x, s)", "z = conv(y, v)")
    assert new.nodes[0].outputs[0].type == new.inputs[0].type


def test_scales_of_each_image_stay() -> None:
    inputs = "x: float32[2, 3, 7, 5], s: float32[2, 3, 1, 1]"
    new = after(scales, inputs, *GIVEN, "y = mul(x, s)", "z = conv(y, w)")
    assert new.nodes[0].outputs[0].type == new.inputs[0].type
