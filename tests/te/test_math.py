"""Every function of scalars against NumPy, at ordinary points and at the special ones."""

import math

import numpy as np
import pytest

from autosched import te
from autosched.te.evaluate import evaluate

SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 0.5, 1.5, 2.5, -2.5]


def run(function, array):
    A = te.placeholder(array.shape, str(array.dtype))
    return evaluate([te.compute(array.shape, lambda i: function(A[i]))], {A: array})[0]


def points(dtype):
    ordinary = np.random.default_rng(1).uniform(-4, 4, 30)
    return np.concatenate([ordinary, SPECIAL]).astype(dtype)


FUNCTIONS = {
    "exp": np.exp,
    "exp2": np.exp2,
    "log": np.log,
    "log2": np.log2,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "erf": np.vectorize(math.erf, otypes=[float]),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "abs": np.abs,
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_floats(name, dtype):
    x = points(dtype)
    got = run(getattr(te, name), x)
    assert got.dtype == x.dtype
    with np.errstate(all="ignore"):
        wanted = FUNCTIONS[name](x.astype(np.float64)).astype(dtype)
    np.testing.assert_allclose(got, wanted, rtol=2 * np.finfo(dtype).eps, atol=0)


def test_functions_of_floats_take_integers():
    x = np.arange(1, 6, dtype="int32")
    assert run(te.exp, x).dtype == np.float32
    np.testing.assert_allclose(run(te.log, x), np.log(x), rtol=1e-6)


@pytest.mark.parametrize("function", [te.floor, te.ceil, te.round])
def test_rounding_leaves_integers(function):
    x = np.arange(-3, 4, dtype="int16")
    np.testing.assert_array_equal(run(function, x), x)
    assert function(te.const(True)).value is True
    n = te.var("n")
    assert function(n).same_as(n)
    assert not function(n).same_as(te.var("n"))


def test_the_magnitude_of_integers():
    x = np.array([-128, -1, 0, 5], "int8")
    np.testing.assert_array_equal(run(te.abs, x), [-128, 1, 0, 5])
    np.testing.assert_array_equal(run(te.abs, x.astype("uint8")), x.astype("uint8"))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_popcount(dtype):
    info = np.iinfo(dtype)
    x = np.array([info.min, info.max, 0, 1, 7], dtype)
    wanted = [bin(int(value) % (1 << info.bits)).count("1") for value in x]
    np.testing.assert_array_equal(run(te.popcount, x), wanted)


def test_isnan():
    x = points("float32")
    np.testing.assert_array_equal(run(te.isnan, x), np.isnan(x))
    assert not run(te.isnan, np.arange(3)).any()


def test_clip_keeps_nan():
    x = points("float32")
    np.testing.assert_array_equal(run(lambda v: te.clip(v, -1.0, 2.0), x), np.clip(x, -1, 2))


def test_extremes_of_two_keep_nan():
    x = points("float32")
    np.testing.assert_array_equal(run(lambda v: te.maximum(v, 0.25), x), np.maximum(x, 0.25))
    np.testing.assert_array_equal(run(lambda v: te.minimum(0.25, v), x), np.minimum(x, 0.25))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float16", "float32", "bool"])
def test_limits(dtype):
    low, high = te.min_value(dtype), te.max_value(dtype)
    if dtype.startswith("float"):
        assert (low.value, high.value) == (-math.inf, math.inf)
    elif dtype == "bool":
        assert (low.value, high.value) == (False, True)
    else:
        assert (low.value, high.value) == (np.iinfo(dtype).min, np.iinfo(dtype).max)


def test_a_select_evaluates_one_side():
    x = points("float32")
    got = run(lambda v: te.if_then_else(v > 0, te.log(v), 0.0), x)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(got, np.where(x > 0, np.log(x), 0), rtol=1e-6)


def test_constants_have_the_dtype_asked_for():
    assert te.const(3, "int8").dtype.name == "int8"
    assert te.const(300, "uint8").value == 44
    assert te.const(2.5).dtype.name == "float32"


MORE = {
    "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "log10": np.log10, "trunc": np.trunc, "isinf": np.isinf, "isfinite": np.isfinite,
    "exp10": lambda x: np.power(10.0, x),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MORE)
def test_more_functions_of_floats(name, dtype):
    x = points(dtype)
    got = run(getattr(te, name), x)
    with np.errstate(all="ignore"):
        wanted = MORE[name](x.astype(np.float64)).astype(got.dtype)
    np.testing.assert_allclose(got, wanted, rtol=2 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64"])
def test_leading_zeros(dtype):
    info = np.iinfo(dtype)
    x = np.array([0, 1, 2, 3, 100, info.max, info.min], dtype)
    bits = info.bits
    wanted = [bits - (int(v) % (1 << bits)).bit_length() for v in x]
    assert run(te.clz, x).tolist() == wanted


def test_powers_of_two_to_scale_by():
    x = np.array([0.75, -1.5, 1e30], "float32")
    for n in (-200, -3, 0, 5, 120, 254):
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(run(lambda v, n=n: te.ldexp(v, n), x), np.ldexp(x, n))
