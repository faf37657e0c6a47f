import numpy as np

from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    all_over_float64,
    assert_same,
    compiled,
    needs_wide_reference,
    worst_on,
)


def test_float32_over_the_whole_range():
    assert worst_on("tanh", np.tanh, all_over_float32()) < 2.0


@needs_wide_reference
def test_float64():
    assert worst_on("tanh", np.tanh, all_over_float64()) < 2.5


def test_special_values():
    assert_same("tanh", {0.0: 0.0, INF: 1.0, -INF: -1.0, NAN: NAN, 40.0: 1.0, 1e-30: 1e-30})
    assert_same("tanh", {-0.0: -0.0})


def test_it_is_exactly_odd():
    x = all_over_float32()
    tanh = compiled("tanh", "float32")
    np.testing.assert_array_equal(tanh(-x), -tanh(x))
