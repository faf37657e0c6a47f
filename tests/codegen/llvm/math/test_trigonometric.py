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

REFERENCES = {"sin": np.sin, "cos": np.cos}


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_float32_over_the_whole_range(name):
    assert worst_on(name, REFERENCES[name], all_over_float32()[::3]) < 1.0


@needs_wide_reference
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_float64_with_huge_arguments(name):
    assert worst_on(name, REFERENCES[name], all_over_float64()) < 1.0


def test_the_tangent():
    assert worst_on("tan", np.tan, all_over_float32()[::3]) < 2.5


@needs_wide_reference
def test_the_tangent_of_float64():
    assert worst_on("tan", np.tan, all_over_float64()) < 2.5


def test_special_values():
    assert_same("sin", {0.0: 0.0, INF: NAN, -INF: NAN, NAN: NAN})
    assert_same("sin", {-0.0: -0.0})
    assert_same("tan", {0.0: 0.0, INF: NAN, -INF: NAN, NAN: NAN})
    assert_same("tan", {-0.0: -0.0})
    assert_same("cos", {0.0: 1.0, INF: NAN, -INF: NAN, NAN: NAN})


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_a_huge_neighbour_changes_no_lane(name, scalar):
    x = np.linspace(-50, 50, 160, dtype=scalar)
    mixed = x.copy()
    mixed[::16] = 1e30
    function = compiled(name, scalar)
    kept = np.arange(len(x)) % 16 != 0
    np.testing.assert_array_equal(function(mixed)[kept], function(x)[kept])
