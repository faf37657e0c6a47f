"""Every operator against NumPy: both operand orders, every dtype, Python's floor division."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.errors import ExpressionError
from autosched.te.evaluate import evaluate

INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
FLOATS = ["float16", "float32", "float64"]
LENGTH = 13

ARITHMETIC = [operator.add, operator.sub, operator.mul]
DIVISION = [operator.floordiv, operator.mod]
BITS = [operator.and_, operator.or_, operator.xor]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]


def values(dtype, seed, low=-9):
    generator = np.random.default_rng(seed)
    if dtype.startswith("float"):
        return generator.uniform(-3, 3, LENGTH).astype(dtype)
    found = generator.integers(0 if dtype.startswith("u") else low, 10, LENGTH)
    return np.where(found == 0, 1, found).astype(dtype)


def run(function, *arrays):
    """`function` of the elements of the arrays, by te."""
    tensors = [te.placeholder(array.shape, str(array.dtype)) for array in arrays]
    C = te.compute((LENGTH,), lambda i: function(*(tensor[i] for tensor in tensors)))
    return evaluate([C], dict(zip(tensors, arrays, strict=True)))[0]


def check(function, *arrays):
    got = run(function, *arrays)
    wanted = function(*arrays)
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@pytest.mark.parametrize("function", ARITHMETIC + DIVISION + COMPARISONS)
def test_of_two_tensors(function, dtype):
    check(function, values(dtype, 1), values(dtype, 2))


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@pytest.mark.parametrize("function", ARITHMETIC + DIVISION + COMPARISONS)
def test_with_a_number_on_either_side(function, dtype):
    x = values(dtype, 3)
    number = 3
    check(lambda a: function(a, x.dtype.type(number)), x)
    got = run(lambda a: function(number, a), x)
    np.testing.assert_array_equal(got, function(x.dtype.type(number), x))


@pytest.mark.parametrize("dtype", FLOATS)
def test_true_division(dtype):
    check(operator.truediv, values(dtype, 1), values(dtype, 2))
    check(lambda a: 2.0 / a, values(dtype, 1))
    check(lambda a: a / 2.0, values(dtype, 1))


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("function", BITS)
def test_bits(function, dtype):
    check(function, values(dtype, 1), values(dtype, 2))
    np.testing.assert_array_equal(
        run(lambda a: function(6, a), values(dtype, 1)),
        function(np.dtype(dtype).type(6), values(dtype, 1)),
    )


@pytest.mark.parametrize("dtype", INTEGERS)
def test_shifts(dtype):
    x, amount = values(dtype, 1), np.arange(LENGTH).astype(dtype) % 8
    check(lambda a, b: a << b, x, amount)
    check(lambda a, b: a >> b, x, amount)
    np.testing.assert_array_equal(run(lambda b: 1 << b, amount), np.ones_like(x) << amount)
    np.testing.assert_array_equal(run(lambda b: 100 >> b, amount), x * 0 + 100 >> amount)


def test_negation_inversion_and_plus():
    x = values("int32", 1)
    for function in (operator.neg, operator.invert, operator.pos):
        check(function, x)


def test_logic_of_bools():
    a, b = values("int32", 1), values("int32", 2)
    for function in (*BITS,):
        check(lambda x, y, f=function: f(x > 0, y > 0), a, b)
    check(lambda x: ~(x > 0), a)
    np.testing.assert_array_equal(
        run(lambda x, y: te.all(x > 0, y > 0, x < 5), a, b), (a > 0) & (b > 0) & (a < 5)
    )
    np.testing.assert_array_equal(run(lambda x, y: te.any(x > 0, y > 0), a, b), (a > 0) | (b > 0))


def test_equality_is_a_method():
    a, b = values("int32", 1), values("int32", 2)
    np.testing.assert_array_equal(run(lambda x, y: x.equal(y), a, b), a == b)
    np.testing.assert_array_equal(run(lambda x, y: x.not_equal(y), a, b), a != b)


def test_power_both_ways():
    x = np.abs(values("float32", 1))
    np.testing.assert_allclose(run(lambda a: a**1.5, x), x**1.5, rtol=1e-6)
    np.testing.assert_allclose(run(lambda a: 2.0**a, x), np.float32(2) ** x, rtol=1e-6)
    np.testing.assert_allclose(run(lambda a: te.pow(a, a), x), x**x, rtol=1e-6)


def test_integers_wrap():
    x = np.full(LENGTH, 127, "int8")
    assert (run(lambda a: a + 1, x) == -128).all()
    assert (run(lambda a: -(a + 1), x) == -128).all()


@pytest.mark.parametrize("source", [*INTEGERS, *FLOATS])
@pytest.mark.parametrize("target", [*INTEGERS, *FLOATS, "bool"])
def test_casts(source, target):
    x = values(source, 1, low=0)
    if source.startswith("float") and target != "bool":
        x = np.abs(x)
    check(lambda a: a.astype(target), x)


def test_operands_are_converted_to_the_wider_dtype():
    small, wide = values("int8", 1), values("int32", 2)
    assert run(operator.add, small, wide).dtype == np.int32
    assert run(operator.add, values("int64", 1), values("float32", 2)).dtype == np.float32


@given(st.integers(-50, 50), st.integers(-7, 7).filter(bool))
def test_division_and_remainder_are_pythons(a, b):
    assert te.floordiv(te.const(a), te.const(b)).value == a // b
    assert te.floormod(te.const(a), te.const(b)).value == a % b
    assert te.truncdiv(te.const(a), te.const(b)).value == int(a / b)
    assert te.truncmod(te.const(a), te.const(b)).value == a - int(a / b) * b
    assert te.div(te.const(a), te.const(b)).value == int(a / b)


def test_truncated_division_of_arrays():
    a, b = values("int32", 4), values("int32", 5)
    np.testing.assert_array_equal(run(te.truncdiv, a, b), np.trunc(a / b).astype("int32"))
    np.testing.assert_array_equal(run(te.truncmod, a, b), np.fmod(a, b))
    np.testing.assert_array_equal(run(te.indexdiv, a, b), a // b)
    np.testing.assert_array_equal(run(te.indexmod, a, b), a % b)


SCALAR = te.placeholder((), name="S")
MATRIX = te.placeholder((4, 4), name="M")


@pytest.mark.parametrize("function", [*ARITHMETIC, *DIVISION, operator.truediv, *COMPARISONS])
def test_a_tensor_of_no_dimensions_takes_the_operators_of_its_element(function):
    both = te.compute(
        (2,), lambda i: te.if_then_else(i < 1, function(SCALAR, 2), function(7, SCALAR))
    )
    value = np.array(3.0, np.float32)
    (found,) = evaluate([both], {SCALAR: value})
    np.testing.assert_array_equal(found, [function(value, np.float32(2)), function(7, value)])


def test_unary_operators_of_a_tensor_of_no_dimensions():
    value = np.array(3.0, np.float32)
    signs = te.compute((2,), lambda i: te.if_then_else(i < 1, -SCALAR, +SCALAR))
    np.testing.assert_array_equal(evaluate([signs], {SCALAR: value})[0], [-3, 3])
    whole = te.compute((), lambda: SCALAR.astype("int32"))
    assert evaluate([whole], {SCALAR: value})[0] == 3


@pytest.mark.parametrize(
    ("formula", "given"),
    [(lambda i: MATRIX + 1.0, 0), (lambda i: 2.0 * MATRIX[i], 1), (lambda i: MATRIX[i] < 0, 1)],
)
def test_a_tensor_without_its_indices_is_refused(formula, given):
    with pytest.raises(ExpressionError, match=f"expected 2 indices for M, got {given}"):
        te.compute((4,), formula)
