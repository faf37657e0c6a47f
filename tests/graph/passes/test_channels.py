from __future__ import annotations

import pytest

from autosched.graph.passes.channels import channels
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[2, 3, 5, 5], y: float32[2, 4, 3, 3]"
CONV = [
    "w: float32[4, 3, 3, 3] = any",
    "b: float32[4] = any",
    "c: float32[4, 1, 1] = any",
    "d: float32[1, 4, 1, 1] = any",
    "s: float32[] = any",
    "row: float32[3] = any",
    "n: float32[2, 1, 1, 1] = any",
]


@pytest.mark.parametrize("bias", [", b", ""])
@pytest.mark.parametrize(
    "lines",
    [
        ["z = mul(m, c)"],
        ["z = mul(d, m)"],
        ["z = add(m, s)"],
        ["z = sub(m, c)"],
        ["z = sub(c, m)"],
        ["z = div(m, c)"],
        ["a = mul(m, c)", "e = add(d, a)", "z = sub(s, e)"],
    ],
)
def test_constants_of_channels_join_a_convolution(lines: list[str], bias: str) -> None:
    conv = f"m = conv(x, w{bias})"
    assert kinds(after(channels, INPUTS, *CONV, conv, *lines)) == ["conv"]


@pytest.mark.parametrize(
    ("line", "outputs"),
    [
        ("z = div(c, m)", "z"),
        ("z = mul(m, row)", "z"),
        ("z = mul(m, n)", "z"),
        ("z = mul(m, y)", "z"),
        ("z = mul(m, m)", "z"),
        ("z = mul(m, c)", "z, m"),
        ("z = maximum(m, c)", "z"),
    ],
)
def test_others_stay(line: str, outputs: str) -> None:
    new = after(channels, INPUTS, *CONV, "m = conv(x, w, b)", line, outputs=outputs)
    assert len(kinds(new)) == 2


def test_weights_that_are_computed_stay() -> None:
    lines = ["e = exp(w)", "m = conv(x, e)", "z = mul(m, c)"]
    assert kinds(after(channels, INPUTS, *CONV, *lines)) == ["exp", "conv", "mul"]


@pytest.mark.parametrize("bias", [", e", ""])
@pytest.mark.parametrize(
    "line", ["z = add(m, d)", "z = mul(m, d)", "z = batch_norm(m, p, q, r, v)"]
)
@pytest.mark.parametrize("groups", [1, 2])
def test_transposed_convolutions_too(groups: int, line: str, bias: str) -> None:
    count = 6 // groups
    constants = [
        f"w: float32[4, {count}, 2, 2] = any",
        "d: float32[1, 6, 1, 1] = any",
        *(f"{name}: float32[6] = any" for name in "epqrv"),
    ]
    made = f"m = conv_transpose(x, w{bias}, strides=[2, 2], groups={groups})"
    new = after(channels, "x: float32[2, 4, 3, 3]", *constants, made, line)
    assert kinds(new) == ["conv_transpose"]
