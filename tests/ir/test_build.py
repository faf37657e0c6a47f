"""Operators and folding: dtypes, reflected forms, and values that never change by folding."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import ExpressionError
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import dtype
from autosched.ir.expr import Var
from autosched.ir.structure import equal
from tests.ir.nests import buffer, const, evaluate, load, ramp, var
from tests.properties import examples

INT_OPS = [
    operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod,
    operator.and_, operator.or_, operator.xor,
]  # fmt: skip
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
FLOAT_OPS = [operator.add, operator.sub, operator.mul, operator.truediv]
INT_KINDS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
small = st.integers(-50, 50)


def wrapped(value: int, kind: str) -> int:
    return build.wrap(value, dtype(kind))


def in_range(kind: str) -> st.SearchStrategy[int]:
    return st.integers(int(dtype(kind).min_value), int(dtype(kind).max_value))


@pytest.mark.parametrize("op", INT_OPS + COMPARISONS)
@examples(40)
@given(a=small, b=small)
def test_integer_operators_mean_what_python_means(op, a, b):
    if op in (operator.floordiv, operator.mod) and b == 0:
        return
    x, y = var("x"), var("y")
    assert evaluate(op(x, y), x=a, y=b) == op(a, b)
    assert op(const(a), const(b)).value == op(a, b)


@pytest.mark.parametrize("op", INT_OPS + COMPARISONS)
@examples(40)
@given(a=small, b=small)
def test_integer_operators_reflect(op, a, b):
    x = var("x")
    if op not in (operator.floordiv, operator.mod) or b != 0:
        assert evaluate(op(x, b), x=a) == op(a, b)
        assert evaluate(op(a, x), x=b) == op(a, b)


BYTES = [(a, b) for a in range(-128, 128) for b in range(-128, 128)]


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul])
def test_chains_of_constants_wrap_for_every_pair_of_bytes(op):
    x = Var("x", dtype("int8"))
    known = [const(value, "int8") for value in range(-128, 128)]
    for a, b in BYTES:
        chain = op(op(x, known[a + 128]), known[b + 128])
        for value in (0, 1, 77, -128, 127):
            assert wrapped(at(chain, value), "int8") == wrapped(op(op(value, a), b), "int8")


def at(chain: e.Expr, x: int) -> int:
    """A chain of additions and products of one variable, at a value of it."""
    match chain:
        case Var():
            return x
        case e.Const():
            return chain.value
        case e.Add():
            return at(chain.a, x) + at(chain.b, x)
        case e.Mul():
            return at(chain.a, x) * at(chain.b, x)
    raise AssertionError(chain)


@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize("op", [operator.floordiv, operator.mod])
def test_quotients_of_every_pair_of_bytes(op, kind):
    first = -128 if kind == "int8" else 0
    known = {value: const(value, kind) for value in range(first, first + 256)}
    for a, x in known.items():
        for b, y in known.items():
            if b:
                assert op(x, y).value == wrapped(op(a, b), kind)


@examples(100)
@given(a=small, b=st.integers(1, 50))
def test_a_quotient_rounded_up(a, b):
    assert build.ceildiv(const(a), const(b)).value == -(-a // b)
    assert evaluate(build.ceildiv(var("x"), const(b)), x=a) == -(-a // b)


@pytest.mark.parametrize("op", FLOAT_OPS + COMPARISONS)
@examples(40)
@given(a=st.floats(-100, 100, width=32), b=st.floats(-100, 100, width=32))
def test_float_operators_and_their_reflections_round_to_float32(op, a, b):
    x, y = var("x", "float32"), var("y", "float32")
    with np.errstate(all="ignore"):
        expected = op(np.float32(a), np.float32(b))
    for expr in (op(x, y), op(x, b), op(a, y)):
        np.testing.assert_equal(evaluate(expr, x=a, y=b), expected)
    folded = op(const(a), const(b))
    if isinstance(folded, e.Const):
        np.testing.assert_equal(np.float32(folded.value), np.float32(expected))


@pytest.mark.parametrize("kind", ["int8", "int32", "int64", "uint8", "uint64"])
@examples(40)
@given(amount=st.integers(0, 7), data=st.data())
def test_shifts_and_their_reflections(kind, amount, data):
    value = data.draw(in_range(kind))
    x, y = var("x", kind), var("y", kind)
    for expr in (x << y, x << amount, build.const(value, kind) << y):
        assert evaluate(expr, x=value, y=amount) == wrapped(value << amount, kind)
    for expr in (x >> y, x >> amount, build.const(value, kind) >> y):
        assert evaluate(expr, x=value, y=amount) == value >> amount
    assert evaluate(1 << y, y=amount) == wrapped(1 << amount, kind)
    assert evaluate(100 >> y, y=amount) == 100 >> amount


def test_power_and_its_reflection():
    x = var("x", "float32")
    assert evaluate(x**3, x=2.0) == 8.0
    assert evaluate(3**x, x=2.0) == 9.0
    assert (var("i") ** 2).dtype == dtype("float32")


@pytest.mark.parametrize("kind", INT_KINDS)
@examples(40)
@given(data=st.data())
def test_integers_wrap_at_their_width_folded_or_not(kind, data):
    a, b = data.draw(in_range(kind)), data.draw(in_range(kind))
    x, y = var("x", kind), var("y", kind)
    for op in (operator.add, operator.sub, operator.mul):
        expected = wrapped(op(a, b), kind)
        assert evaluate(op(x, y), x=a, y=b) == expected
        assert op(const(a, kind), const(b, kind)).value == expected
    assert evaluate(-x, x=a) == wrapped(-a, kind)
    assert evaluate(~x, x=a) == wrapped(~a, kind)
    assert evaluate((x + y) // 3, x=a, y=b) == wrapped(a + b, kind) // 3
    assert evaluate((x * y) < x, x=a, y=b) == (wrapped(a * b, kind) < a)


@examples(40)
@given(a=small, b=small, c=small)
def test_folded_chains_keep_their_value(a, b, c):
    x = var("x")
    assert evaluate((x + b) - c + (0 + x) * 1, x=a) == a + b - c + a
    assert evaluate(b + x + c, x=a) == a + b + c
    assert evaluate((b * x) * c - x * 0, x=a) == a * b * c


def test_neutral_operands_leave_no_node():
    x, f = var("x"), var("f", "float32")
    for expr in (x + 0, 0 + x, x - 0, x * 1, 1 * x, x // 1, x.astype("int64"), +x):
        assert expr is x
    for expr in (f * 1.0, 1 * f, f / 1):
        assert expr is f
    for expr in (x * 0, 0 * x, x - x, x % 1):
        assert equal(expr, const(0))
    assert str(x + 3 + 4) == "x + 7"
    assert str(3 + x - 5) == "x - 2"


def test_folding_keeps_float_specials():
    f = var("f", "float32")
    assert type(f * 0.0) is e.Mul
    assert type(f + 0.0) is e.Add
    assert type(f - f) is e.Sub
    assert math.isnan(evaluate(f * 0.0, f=math.inf))
    assert math.copysign(1, evaluate(f + 0.0, f=-0.0)) == 1
    inf = const(math.inf)
    assert math.isnan(evaluate(inf - inf))
    assert evaluate(const(1.0) / const(0.0)) == math.inf


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ("int8", "int32", "int32"),
        ("uint8", "int8", "int16"),
        ("uint32", "int32", "int64"),
        ("uint64", "int8", "int64"),
        ("int64", "float16", "float16"),
        ("float16", "bfloat16", "float32"),
        ("bfloat16", "float32", "float32"),
        ("float32", "float64", "float64"),
        ("bool", "int8", "int8"),
        ("bool", "float32", "float32"),
    ],
)
def test_promotion_is_symmetric(a, b, result):
    assert build.promote(dtype(a), dtype(b)) is dtype(result)
    assert build.promote(dtype(b), dtype(a)) is dtype(result)
    assert (var("x", a) + var("y", b)).dtype is dtype(result)


def test_numbers_take_the_dtype_beside_them_where_it_holds_them():
    x = var("x", "uint8")
    assert (x + 1).dtype is dtype("uint8")
    assert (x + 300).dtype is dtype("int64")
    assert evaluate(x < 300, x=44)
    assert evaluate(x > -1, x=0)
    assert (x + 0.5).dtype is dtype("float32")
    assert (var("h", "float16") * 0.1).b.value == float(np.float16(0.1))
    assert (var("b", "bfloat16") * 0.1).b.value == 0.10009765625


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "bfloat16"])
@examples(40)
@given(value=st.floats(allow_nan=False))
def test_constants_are_rounded_once_and_for_all(kind, value):
    once = const(value, kind).value
    assert const(once, kind).value == once


def test_casts_of_constants_fold_to_the_nearest():
    assert build.cast(const(-2.9), "int32").value == -2
    assert build.cast(const(300), "uint8").value == 44
    assert build.cast(const(2), "bool").value is True
    for value, wanted in (
        (math.nan, 0),
        (math.inf, 2**31 - 1),
        (-1e30, -(2**31)),
        (1e30, 2**31 - 1),
    ):
        assert build.cast(const(value), "int32").value == wanted
    wide = build.broadcast(var("x"), 8)
    assert equal(wide.astype("float32"), build.broadcast(wide.value.astype("float32"), 8))


def test_vectors_meet_scalars_but_not_other_lanes():
    wide = ramp(const(0), 2, 4)
    assert (wide + 1).dtype is dtype("int64x4")
    assert (wide < var("n")).dtype is dtype("boolx4")
    assert ramp(var("x"), 0, 4).dtype is dtype("int64x4")
    for wrong in (lambda: wide + ramp(const(0), 1, 8), lambda: ramp(wide, 1, 4)):
        with pytest.raises(ExpressionError, match="expected a scalar"):
            wrong()


def test_logic_folds_and_keeps_lanes():
    p, q = var("p", "bool"), var("q", "bool")
    assert build.and_(p, True) is p
    assert build.and_(p, p) is p
    assert build.or_(False, p) is p
    assert build.and_(p, False).value is False
    assert build.or_(p, True).value is True
    assert build.not_(build.not_(p)) is p
    assert build.and_().value is True
    assert type(p & q) is e.And
    assert type(build.minimum(p, q)) is e.And
    assert type(True | (q ^ p)) is e.Const
    wide = build.broadcast(p, 4)
    assert build.and_(wide, False).dtype is dtype("boolx4")
    assert type(~p) is e.Not


def test_select_folds_and_matches_its_branches():
    p, x = var("p", "bool"), var("x", "float32")
    assert build.select(True, x, 1) is x
    assert build.select(p, x, x) is x
    assert build.select(p, 1, x).then.dtype is dtype("float32")
    assert build.select(build.broadcast(p, 4), x, 0).dtype is dtype("float32x4")
    taken = build.select(build.broadcast(const(True), 4), x, 0.0)
    assert equal(taken, build.broadcast(x, 4))


def test_loads_have_the_lanes_of_their_index():
    data = buffer("A", 8, 8, kind="int8")
    assert load(data, (0, ramp(const(0), 1, 4))).dtype is dtype("int8x4")
    assert load(data, (0, 1)).dtype is dtype("int8")


def test_a_whole_quotient_of_integer_constants_is_an_integer():
    quotient = const(-8) / 2
    assert (quotient.value, quotient.dtype) == (-4, const(8).dtype)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda x, f, p: x / 2, "expected float operands for '/'"),
        (lambda x, f, p: const(7) / 2, "expected float operands for '/'"),
        (lambda x, f, p: const(7) / 0, "expected float operands for '/'"),
        (lambda x, f, p: x // 0, "a divisor that is not zero"),
        (lambda x, f, p: x % 0, "a divisor that is not zero"),
        (lambda x, f, p: p + p, "expected numbers for '\\+', got bools"),
        (lambda x, f, p: p << p, "expected numbers for '<<', got bools"),
        (lambda x, f, p: f & 1, "expected integers for '&'"),
        (lambda x, f, p: x << 64, "expected a shift of 0 to 63"),
        (lambda x, f, p: x >> -1, "expected a shift of 0 to 63"),
        (lambda x, f, p: build.and_(x, p), "expected a bool"),
        (lambda x, f, p: build.select(x, f, f), "expected a bool"),
        (lambda x, f, p: x + "one", "expected an expression or a number"),
        (lambda x, f, p: bool(x < 1), "expected a Python truth value"),
        (lambda x, f, p: build.call("exq", f), "expected an intrinsic"),
        (lambda x, f, p: build.call("pow", f), "expected 2 operands for pow"),
        (lambda x, f, p: build.call("exp", x), "expected float operands for exp"),
    ],
)
def test_misused_operators_say_what_was_expected(wrong, message):
    with pytest.raises(ExpressionError, match=message):
        wrong(var("x"), var("f", "float32"), var("p", "bool"))
