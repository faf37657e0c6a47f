import numpy as np

from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    all_over_float64,
    assert_same,
    needs_wide_reference,
    worst_on,
)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def test_float32_over_the_whole_range():
    assert worst_on("sigmoid", _sigmoid, all_over_float32()) < 2.0


@needs_wide_reference
def test_float64():
    assert worst_on("sigmoid", _sigmoid, all_over_float64()) < 2.0


def test_special_values():
    assert_same("sigmoid", {0.0: 0.5, INF: 1.0, -INF: 0.0, NAN: NAN, 2000.0: 1.0, -2000.0: 0.0})
