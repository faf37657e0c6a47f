from __future__ import annotations

import pytest

from autosched.graph.passes.padding import padding
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[2, 3, 5, 6]"
GIVEN = [
    "w: float32[4, 3, 3, 3] = any",
    "p: int64[8] = constant [0, 0, 1, 0, 0, 0, 2, 1]",
    "zero: float32[] = constant [0]",
    "one: float32[] = constant [1]",
]


@pytest.mark.parametrize(
    "lines",
    [
        ["a = pad(x, p)", "z = conv(a, w)"],
        ["a = pad(x, p, zero)", "z = conv(a, w, pads=[1, 1, 0, 2], strides=[2, 1])"],
        ["a = pad(x, p)", 'z = conv(a, w, auto_pad="valid")'],
        ["q: int64[2] = constant [1, 1]", "i: int64[1] = constant [-1]", "a = pad(x, q, zero, i)",
         "z = conv(a, w)"],
        ["a = pad(x, p)", "z = average_pool(a, kernel=[2, 2], strides=[1, 2])"],
        ["a = pad(x, p)",
         "z = average_pool(a, kernel=[3, 3], pads=[1, 1, 1, 1], count_pad=True)"],
    ],
)  # fmt: skip
def test_zeros_around_an_image_are_padding(lines: list[str]) -> None:
    assert "pad" not in kinds(after(padding, INPUTS, *GIVEN, *lines))


@pytest.mark.parametrize(
    "lines",
    [
        ["a = pad(x, p, one)", "z = conv(a, w)"],
        ['a = pad(x, p, mode="reflect")', "z = conv(a, w)"],
        ["q: int64[8] = constant [1, 0, 1, 0, 0, 0, 2, 1]", "a = pad(x, q)", "z = conv(a, w)"],
        ["q: int64[8] = constant [0, 0, -1, 0, 0, 0, 2, 1]", "a = pad(x, q)", "z = conv(a, w)"],
        ["a = pad(x, p)", 'z = conv(a, w, auto_pad="same_upper")'],
        ["a = pad(x, p)", "z = average_pool(a, kernel=[3, 3], pads=[1, 1, 1, 1])"],
        ["a = pad(x, p)", "z, i = max_pool(a, kernel=[3, 3])"],
    ],
)
def test_others_stay(lines: list[str]) -> None:
    assert "pad" in kinds(after(padding, INPUTS, *GIVEN, *lines))
