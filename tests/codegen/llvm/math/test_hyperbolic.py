import numpy as np
import pytest

from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    all_over_float64,
    assert_same,
    compiled,
)

NAMES = ("sinh", "cosh", "asinh", "acosh", "atanh")


def test_special_values():
    edges = {INF: INF, -INF: -INF, NAN: NAN}
    assert_same("sinh", {0.0: 0.0, **edges})
    assert_same("asinh", {0.0: 0.0, **edges})
    for name in ("sinh", "asinh", "atanh"):
        assert_same(name, {-0.0: -0.0})
    assert_same("cosh", {0.0: 1.0, INF: INF, -INF: INF, NAN: NAN})
    assert_same("acosh", {1.0: 0.0, 0.5: NAN, -1.0: NAN, -1e20: NAN, INF: INF, -INF: NAN, NAN: NAN})
    assert_same("atanh", {1.0: INF, -1.0: -INF, 1.5: NAN, 1e30: NAN, INF: NAN, -INF: NAN, NAN: NAN})


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sinh", "asinh", "atanh"])
def test_denormals_are_their_own_results(name, scalar):
    x = np.arange(-999, 1000) * np.finfo(scalar).smallest_subnormal
    np.testing.assert_array_equal(compiled(name, scalar)(x), x)


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_one_result_in_any_vector(name, scalar):
    x = (all_over_float32() if scalar == "float32" else all_over_float64())[::200]
    expected = compiled(name, scalar, 16)(x)
    for lanes in (1, 2, 3, 8):
        np.testing.assert_array_equal(compiled(name, scalar, lanes)(x), expected)
