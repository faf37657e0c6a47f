from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.evaluate import evaluate
from autosched.graph.parser import parse
from autosched.graph.passes.denormals import denormals


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([0.5, 1e-40, -1e-40, 0.0], [0.5, 0.0, 0.0, 0.0]),
        ([0.5, 2e-38, -2e-38, 0.0], [0.5, 2e-38, -2e-38, 0.0]),
        ([1e-36, 1e-40, -1e-40, 0.0], [1e-36, 1e-40, -1e-40, 0.0]),
    ],
    ids=["negligible", "normal", "all small"],
)
def test_denormal_weights_that_are_lost_in_sums_become_zeros(
    weights: list[float], expected: list[float]
) -> None:
    text = """graph g(x: float32[2, 4]) {
    w: float32[4, 1] = constant "w"
    z = matmul(x, w)
    return z
    }"""
    w = np.array(weights, np.float32).reshape(4, 1)
    new = denormals(parse(text, {"w": w}))
    (found,) = new.constants.values()
    np.testing.assert_array_equal(found.ravel(), np.array(expected, np.float32))
    x = np.ones((2, 4), np.float32)
    np.testing.assert_allclose(evaluate(new, [x])[0], x @ w, rtol=1e-6)


def test_other_constants_stay() -> None:
    text = """graph g(x: float32[2]) {
    c: float32[2] = constant "c"
    z = add(x, c)
    return z
    }"""
    c = np.array([1, 1e-40], np.float32)
    (found,) = denormals(parse(text, {"c": c})).constants.values()
    np.testing.assert_array_equal(found, c)
