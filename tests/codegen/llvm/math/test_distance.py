from itertools import product

import numpy as np
import pytest

from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    all_over_float64,
    compiled,
    needs_wide_reference,
    worst_on,
)


def pairs(values: np.ndarray, kind: type) -> tuple[np.ndarray, np.ndarray]:
    """Each of the values beside a random one, and beside one of about its size."""
    rng = np.random.default_rng(7)
    with np.errstate(all="ignore"):
        near = values * rng.uniform(0.1, 10, len(values)).astype(kind)
    return np.concatenate([values, values]), np.concatenate([rng.permutation(values), near])


def test_float32_of_any_size():
    x, y = pairs(all_over_float32()[::3], np.float32)
    assert worst_on("hypot", np.hypot, x, y) < 1.1


@needs_wide_reference
def test_float64_of_any_size():
    assert worst_on("hypot", np.hypot, *pairs(all_over_float64(), np.float64)) < 1.1


@pytest.mark.parametrize("scalar", ["float32", "float64"])
def test_special_values(scalar):
    x, y = np.array(list(product([0.0, -0.0, 3.0, -INF, INF, NAN], repeat=2)), scalar).T
    got = compiled("hypot", scalar)(x, y)
    np.testing.assert_array_equal(got, np.hypot(x, y))
    assert not np.signbit(got[~np.isnan(got)]).any()
