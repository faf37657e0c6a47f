import math

import numpy as np

from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    all_over_float64,
    assert_same,
    compiled,
    worst_on,
    worst_ulp,
)


def _erf(x: np.ndarray) -> np.ndarray:
    return np.fromiter(map(math.erf, x.tolist()), np.float64, len(x))


def test_float32_over_the_whole_range():
    assert worst_on("erf", _erf, all_over_float32()[::3]) < 2.0


def test_float64():
    # The reference is itself a float64 function, within an ulp.
    x = all_over_float64()
    assert worst_ulp(compiled("erf", "float64")(x), _erf(x)) < 3.0


def test_special_values():
    assert_same("erf", {0.0: 0.0, INF: 1.0, -INF: -1.0, NAN: NAN, 6.5: 1.0, -6.5: -1.0})
    assert_same("erf", {-0.0: -0.0})


def test_it_is_exactly_odd():
    x = all_over_float32()
    erf = compiled("erf", "float32")
    np.testing.assert_array_equal(erf(-x), -erf(x))
