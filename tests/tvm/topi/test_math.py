import numpy as np
import pytest

from autosched.tvm import te, topi
from tests.tvm.topi.checks import built, check, tensors

FUNCTIONS = ["exp", "sin", "cos", "tanh", "floor", "ceil", "abs", "isnan", "sign", "negative"]
ABOVE_ZERO = ["log", "log2", "sqrt"]
MORE = {"trunc": np.trunc, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "asin": np.arcsin,
        "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "atanh": np.arctanh,
        "isfinite": np.isfinite, "isinf": np.isinf}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    ((a, x),) = given = tensors((3, 7))
    check(getattr(topi, name)(a), given, getattr(np, name)(x))


@pytest.mark.parametrize("name", ABOVE_ZERO)
def test_functions_above_zero(name):
    ((a, x),) = given = tensors((3, 7), low=0.1, high=5.0)
    check(getattr(topi, name)(a), given, getattr(np, name)(x))


@pytest.mark.parametrize("name", MORE)
def test_functions_that_te_has_by_their_own_names(name):
    ((a, x),) = given = tensors((3, 7), low=-0.9, high=0.9)
    check(getattr(topi, name)(a), given, MORE[name](x))


def test_what_numpy_names_otherwise():
    ((a, x),) = given = tensors((3, 7), low=0.1, high=3.0)
    check(topi.rsqrt(a), given, 1 / np.sqrt(x))
    check(topi.sigmoid(a), given, 1 / (1 + np.exp(-x)))
    check(topi.clip(a, 0.5, 1.5), given, np.clip(x, 0.5, 1.5))
    check(topi.cast(a, "int32"), given, x.astype("int32"))
    check(topi.identity(a), given, x)
    check(topi.elemwise_sum([a, a, a]), given, 3 * x)
    check(topi.full_like(a, 2.5), [], np.full_like(x, 2.5))
    check(topi.full((2, 3), "int32", 7), [], np.full((2, 3), 7))


def test_bits_are_inverted():
    ((a, x),) = given = tensors((3, 7), dtype="int32")
    check(topi.bitwise_not(a), given, ~x)


def test_bounds_have_the_dtype_of_the_elements():
    ((a, x),) = given = tensors((5, 3), dtype="int16")
    made = topi.clip(a, -2.0, te.const(3, "int32"))
    assert str(made.dtype) == "int16"
    check(made, given, x.clip(-2, 3))


def test_bits_and_powers_of_2():
    (a, x) = tensors((7,))[0]
    built(topi.reinterpret(a, "int32"), [(a, x)], x.view("int32"))
    (n, _) = tensors((6,), dtype="int32")[0]
    numbers = np.array([1, 2, 3, 4, 5, 1025], "int32")
    check(topi.ceil_log2(n), [(n, numbers)], np.ceil(np.log2(numbers)))


def test_truth_values_count_as_0_and_1():
    t = te.placeholder((2,), "bool")
    check(topi.exp(t), [(t, np.array([False, True]))], np.exp([0, 1]))
