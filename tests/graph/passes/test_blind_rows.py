from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.evaluate import evaluate
from autosched.graph.passes.blind_rows import blind_rows
from tests.graph.passes.checking import after, kinds

BODY = ["o: float32[1] = constant [0]", "s = softmax(x)", "n = isnan(s)"]


def test_rows_of_nan_are_zero() -> None:
    new = after(blind_rows, "x: float32[2, 3]", *BODY, "z = where(n, o, s)")
    assert kinds(new) == ["softmax"]
    inputs = np.array([[-np.inf] * 3, [0, 0, -np.inf]], np.float32)
    np.testing.assert_array_equal(evaluate(new, [inputs])[0], [[0, 0, 0], [0.5, 0.5, 0]])


@pytest.mark.parametrize(
    "lines",
    [
        ["z = where(n, s, o)"],
        ["p: float32[] = constant [1]", "z = where(n, p, s)"],
        ["m = isnan(x)", "z = where(m, o, s)"],
        ["z = where(n, o, x)"],
        ["o3: float32[1, 1, 1] = constant [0]", "z = where(n, o3, s)"],
    ],
)
def test_others_stay(lines: list[str]) -> None:
    new = after(blind_rows, "x: float32[2, 3]", *BODY, *lines)
    assert "where" in kinds(new)
