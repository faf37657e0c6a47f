"""Derivatives of functions against finite differences."""

import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.build import const
from autosched.te.derivative import derivatives
from tests.te.test_gradients import check, floats

OF_ONE = (
    "exp", "exp2", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "atan", "sinh", "cosh",
    "tanh", "asinh", "erf", "sigmoid", "sqrt", "rsqrt", "abs",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_value(name: str) -> None:
    A = floats(2)
    function = getattr(te, name)
    check(te.compute((2,), lambda i: function(A[i] * 0.7)), A)


@pytest.mark.parametrize("name", ["asin", "acos", "atanh"])
def test_functions_of_values_below_1(name: str) -> None:
    A = floats(2)
    check(te.compute((2,), lambda i: getattr(te, name)(A[i] * 0.4)), A)


def test_functions_that_begin_at_1_or_have_a_kink() -> None:
    A = floats(2)
    check(te.compute((2,), lambda i: te.acosh(A[i] + 1.0)), A)
    check(te.compute((2,), lambda i: te.abs(A[i] - 1.25) + te.floor(A[i])), A)


@pytest.mark.parametrize("name", ["power", "atan2", "hypot", "fmod", "max", "min", "floormod"])
def test_functions_of_two_values(name: str) -> None:
    A, B = floats(3), floats(3, name="B")
    function = getattr(te, name)
    check(te.compute((3,), lambda i: function(A[i] * 3.0, B[i])), A, B)


def test_operators_choices_and_casts() -> None:
    A, B = floats(3), floats(3, name="B")
    check(te.compute((3,), lambda i: A[i] / B[i] - A[i] * B[i] - (A[i] // B[i])), A, B)
    check(te.compute((3,), lambda i: te.if_then_else(A[i] < B[i], A[i], B[i] * A[i])), A, B)
    single = te.compute((3,), lambda i: A[i].astype("float32").astype("float64") * A[i])
    (by,) = te.gradient(single, [A])
    a = np.array([1.0, 2.0, 3.0])
    found = te.evaluate.evaluate([by], {A: a})[0]
    np.testing.assert_allclose(found, np.diag(2 * a))
    whole = te.compute((3,), lambda i: A[i].astype("int32").astype("float64") * 2.0)
    assert not te.evaluate.evaluate(te.gradient(whole, [A]), {A: a})[0].any()


def test_an_expression_that_is_shared_is_derived_once() -> None:
    A = floats(1)
    value = A[te.const(0)]
    for _ in range(200):
        value = value + value * 0.5
    ((read, derivative),) = derivatives(value, [A], const(1.0, "float64"))
    assert read.tensor is A
    assert float(derivative.value) == pytest.approx(1.5**200)


def test_an_operation_without_a_derivative_is_refused() -> None:
    A = floats(2)
    with pytest.raises(ExpressionError, match="expected an operation with a derivative, got copys"):
        te.gradient(te.compute((2,), lambda i: te.copysign(A[i], A[1 - i])), [A])
