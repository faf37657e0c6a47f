from itertools import product

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
)
from tests.codegen.llvm.math.test_distance import pairs


def test_special_values():
    for name in ("asin", "atan"):
        assert_same(name, {0.0: 0.0})
        assert_same(name, {-0.0: -0.0})
    for name in ("asin", "acos"):
        assert_same(name, {1.5: NAN, -1e20: NAN, INF: NAN, -INF: NAN, NAN: NAN})
    half = np.pi / 2
    assert_same("acos", {1.0: 0.0, 0.0: half, -1.0: np.pi})
    assert_same("asin", {1.0: half, -1.0: -half})
    assert_same("atan", {INF: half, -INF: -half, NAN: NAN})


def _of_any_signs(values, kind):
    y, x = pairs(values, kind)
    return np.concatenate([y, y]), np.concatenate([x, -x])


def test_atan2_of_float32():
    y, x = _of_any_signs(all_over_float32()[::3], np.float32)
    assert worst_on("atan2", np.arctan2, y, x) < 2.5


@needs_wide_reference
def test_atan2_of_float64():
    y, x = _of_any_signs(all_over_float64(), np.float64)
    assert worst_on("atan2", np.arctan2, y, x) < 2.5


@pytest.mark.parametrize("scalar", ["float32", "float64"])
def test_special_cases_of_atan2(scalar):
    least, most = np.finfo(scalar).smallest_subnormal, np.finfo(scalar).max
    sizes = [0.0, least, 3 * least, 3.0, most, INF]
    points = [*sizes, *(-each for each in sizes), NAN]
    y, x = np.array(list(product(points, repeat=2)), scalar).T
    got, want = compiled("atan2", scalar)(y, x), np.arctan2(y, x)
    np.testing.assert_array_almost_equal_nulp(got[~np.isnan(want)], want[~np.isnan(want)], 2)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(
        np.signbit(got[~np.isnan(want)]), np.signbit(want[~np.isnan(want)])
    )
