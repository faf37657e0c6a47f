"""The largest errors of functions of one argument, over floats of every exponent."""

import numpy as np
import pytest

from tests.codegen.llvm.math.harness import (
    all_over_float32,
    all_over_float64,
    needs_wide_reference,
    worst_on,
)

FUNCTIONS = {
    "sinh": (np.sinh, 4.0), "cosh": (np.cosh, 4.0), "asinh": (np.arcsinh, 4.0),
    "acosh": (np.arccosh, 4.0), "atanh": (np.arctanh, 4.0),
    "asin": (np.arcsin, 2.0), "acos": (np.arccos, 2.0), "atan": (np.arctan, 2.0),
}  # fmt: skip
"""References, and the errors in ulp that they are below."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32(name):
    reference, limit = FUNCTIONS[name]
    assert worst_on(name, reference, all_over_float32()) < limit


@needs_wide_reference
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float64(name):
    reference, limit = FUNCTIONS[name]
    assert worst_on(name, reference, all_over_float64()) < limit
