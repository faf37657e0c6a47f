import numpy as np
import pytest

from autosched.target.target import Target
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

REFERENCES = {"log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p}


BOUNDS = [("log", 1.0), ("log2", 1.0), ("log10", 1.1), ("log1p", 1.6)]


@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_float32_over_the_whole_range(name, bound):
    assert worst_on(name, REFERENCES[name], all_over_float32()) < bound


@needs_wide_reference
@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_float64(name, bound):
    assert worst_on(name, REFERENCES[name], all_over_float64()) < bound


@pytest.mark.parametrize("name", ["log", "log2", "log10"])
def test_special_values(name):
    assert_same(name, {0.0: -INF, 1.0: 0.0, INF: INF, -INF: NAN, NAN: NAN, -1.0: NAN, -1e-30: NAN})
    assert_same(name, {-0.0: -INF})


def test_special_values_of_log1p():
    assert_same("log1p", {0.0: 0.0, -1.0: -INF, INF: INF, -INF: NAN, NAN: NAN, -1.5: NAN})
    assert_same("log1p", {-0.0: -0.0, 1e-30: 1e-30, -1e-30: -1e-30})


def test_log2_of_powers_of_two_is_exact():
    exponents = np.arange(-149, 128)
    powers = np.ldexp(np.float32(1), exponents)
    np.testing.assert_array_equal(compiled("log2", "float32")(powers), exponents)


@pytest.mark.parametrize("features", ["", Target.host().features])
@pytest.mark.parametrize(("dtype", "greatest"), [("float32", 10), ("float64", 22)])
def test_log10_of_powers_of_ten_is_exact(dtype, greatest, features):
    powers = np.array([10.0**n for n in range(greatest + 1)], dtype)
    got = compiled("log10", dtype, features=features)(powers)
    np.testing.assert_array_equal(got, np.arange(greatest + 1))
