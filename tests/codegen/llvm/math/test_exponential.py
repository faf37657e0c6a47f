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

REFERENCES = {"exp": np.exp, "exp2": np.exp2, "expm1": np.expm1}


@pytest.mark.parametrize(("name", "bound"), [("exp", 1.0), ("exp2", 1.0), ("expm1", 1.5)])
def test_float32_over_the_whole_range(name, bound):
    assert worst_on(name, REFERENCES[name], all_over_float32()) < bound


@needs_wide_reference
@pytest.mark.parametrize(("name", "bound"), [("exp", 1.0), ("exp2", 1.0), ("expm1", 2.0)])
def test_float64(name, bound):
    assert worst_on(name, REFERENCES[name], all_over_float64()) < bound


@pytest.mark.parametrize("name", ["exp", "exp2"])
def test_special_values(name):
    assert_same(name, {-0.0: 1.0, INF: INF, -INF: 0.0, NAN: NAN, 2000.0: INF, -2000.0: 0})


def test_special_values_of_expm1():
    assert_same("expm1", {INF: INF, -INF: -1.0, NAN: NAN, 2000.0: INF, -2000.0: -1.0, 0.0: 0.0})
    assert_same("expm1", {-0.0: -0.0})


def test_exp2_of_integers_is_exact_down_to_the_last_denormal():
    exponents = np.arange(-149, 128)
    powers = compiled("exp2", "float32")(exponents.astype(np.float32))
    np.testing.assert_array_equal(powers, np.ldexp(np.float32(1), exponents))
