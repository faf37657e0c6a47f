import math

import numpy as np
import pytest

from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    all_over_float64,
    assert_same,
    compiled,
    needs_wide_reference,
    worst_on,
    worst_ulp,
)


def sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def _erf(x: np.ndarray) -> np.ndarray:
    return np.fromiter(map(math.erf, x.tolist()), np.float64, len(x))


@pytest.mark.parametrize(
    ("name", "reference", "every"),
    [("sigmoid", sigmoid, 1), ("tanh", np.tanh, 1), ("erf", _erf, 3)],
)
def test_float32_over_the_whole_range(name, reference, every):
    assert worst_on(name, reference, all_over_float32()[::every]) < 2.0


@needs_wide_reference
@pytest.mark.parametrize(
    ("name", "reference", "ulps"), [("sigmoid", sigmoid, 2.0), ("tanh", np.tanh, 2.5)]
)
def test_float64(name, reference, ulps):
    assert worst_on(name, reference, all_over_float64()) < ulps


def test_float64_of_erf():
    # The reference is itself a float64 function, within an ulp.
    x = all_over_float64()
    assert worst_ulp(compiled("erf", "float64")(x), _erf(x)) < 3.0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sigmoid", {0.0: 0.5, INF: 1.0, -INF: 0.0, NAN: NAN, 2000.0: 1.0, -2000.0: 0.0}),
        ("tanh", {0.0: 0.0, INF: 1.0, -INF: -1.0, NAN: NAN, 40.0: 1.0, 1e-30: 1e-30}),
        ("tanh", {-0.0: -0.0}),
        ("erf", {0.0: 0.0, INF: 1.0, -INF: -1.0, NAN: NAN, 6.5: 1.0, -6.5: -1.0}),
        ("erf", {-0.0: -0.0}),
    ],
)
def test_special_values(name, values):
    assert_same(name, values)


@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_it_is_exactly_odd(name):
    x = all_over_float32()
    function = compiled(name, "float32")
    np.testing.assert_array_equal(function(-x), -function(x))
