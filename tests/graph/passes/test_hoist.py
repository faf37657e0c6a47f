from __future__ import annotations

import pytest

from autosched.graph.passes.hoist import hoist
from tests.graph.passes.checking import after, kinds

INPUTS = "x: float32[6, 5], y: float32[2, 3, 4]"
PRODUCT = ["w: float32[5, 4] = any", "m = matmul(x, w)", "s: int64[3] = constant [2, 3, 4]"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["r = reshape(m, s)", "z = relu(r)"], ["matmul", "relu", "reshape"]),
        (["r = reshape(m, s)", "z = add(y, r)"], ["matmul", "reshape", "add", "reshape"]),
        (
            ["c: float32[4] = any", "r = reshape(m, s)", "z = sub(c, r)"],
            ["matmul", "sub", "reshape"],
        ),
        (
            ["c: float32[3, 1] = any", "r = reshape(m, s)", "t = transpose(r)", "z = add(t, c)"],
            ["matmul", "reshape", "transpose", "add"],
        ),
        (
            ["c: float32[4, 1, 1] = any", "r = reshape(m, s)", "t = transpose(r)", "z = mul(t, c)"],
            ["matmul", "mul", "reshape", "transpose"],
        ),
        (
            ["a = relu(m)", "r = reshape(a, s)", "b = sigmoid(r)", "z = mul(r, b)"],
            ["matmul", "relu", "sigmoid", "reshape", "reshape", "mul", "reshape"],
        ),
        (
            ["t = transpose(m)", "a = relu(t)", "z = add(a, t)"],
            ["matmul", "transpose", "relu", "add"],
        ),
        (["t = transpose(y)", "z = relu(t)"], ["transpose", "relu"]),
        (["r = reshape(m, s)", "z = softmax(r)"], ["matmul", "reshape", "softmax"]),
        (
            ["k: int64[3] = constant [1, 6, 4]", "c: float32[2, 1, 1] = any",
             "r = reshape(m, k)", "z = add(r, c)"],
            ["matmul", "reshape", "add"],
        ),
    ],
)  # fmt: skip
def test_elementwise_nodes_go_before_moves_of_a_contraction(
    lines: list[str], found: list[str]
) -> None:
    assert kinds(after(hoist, INPUTS, *PRODUCT, *lines)) == found
