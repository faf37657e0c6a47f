"""Intrinsics and math functions, over scalars and vectors."""

import math

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te
from tests.tvm.running import check, values

UNARY = {
    "exp": np.exp,
    "log": lambda x: np.log(np.abs(x) + 1),
    "sqrt": lambda x: np.sqrt(np.abs(x)),
    "rsqrt": lambda x: 1 / np.sqrt(np.abs(x) + 1),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": np.vectorize(math.erf),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
}
SHIFTED = {
    "log": lambda x: tvm.tir.abs(x) + 1.0,
    "sqrt": tvm.tir.abs,
    "rsqrt": lambda x: tvm.tir.abs(x) + 1.0,
}


@pytest.mark.parametrize("vectorized", [False, True], ids=["scalar", "vector"])
@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str, vectorized: bool) -> None:
    A = te.placeholder((100,), name="A")
    before = SHIFTED.get(name, lambda x: x)
    B = te.compute((100,), lambda i: getattr(te, name)(before(A[i])), name="B")
    s = te.create_schedule(B.op)
    if vectorized:
        _, inner = s[B].split(B.op.axis[0], 16)
        s[B].vectorize(inner)
    a = values((100,))
    check(s, [A, B], [a], UNARY[name](a).astype("float32"), rtol=2e-6)


def test_power_and_division() -> None:
    A = te.placeholder((50,), name="A")
    B = te.compute((50,), lambda i: te.power(te.abs(A[i]), 1.5) / (A[i] * A[i] + 1.0), name="B")
    a = values((50,))
    right = (np.abs(a) ** 1.5 / (a * a + 1)).astype("float32")
    check(te.create_schedule(B.op), [A, B], [a], right)


@pytest.mark.parametrize("function", ["floordiv", "floormod", "truncdiv", "truncmod"])
def test_division_of_negative_integers(function: str) -> None:
    A = te.placeholder((40,), "int32", name="A")
    B = te.compute((40,), lambda i: getattr(tvm.tir, function)(A[i], 4), name="B")
    a = np.arange(-20, 20, dtype="int32")
    right = {
        "floordiv": a // 4,
        "floormod": a % 4,
        "truncdiv": np.trunc(a / 4).astype("int32"),
        "truncmod": np.fmod(a, 4),
    }[function]
    s = te.create_schedule(B.op)
    _, inner = s[B].split(B.op.axis[0], 8)
    s[B].vectorize(inner)
    check(s, [A, B], [a], right)


def test_popcount_and_shifts_of_dtype() -> None:
    A = te.placeholder((64,), "uint32", name="A")
    B = te.compute((64,), lambda i: tvm.tir.popcount(A[i]), name="B")
    a = np.random.default_rng(0).integers(0, 2**32, 64, dtype="uint32")
    check(te.create_schedule(B.op), [A, B], [a], np.bitwise_count(a).astype("uint32"))


def test_minimum_maximum_and_clip() -> None:
    A = te.placeholder((60,), name="A")
    B = te.compute(
        (60,), lambda i: tvm.tir.max(tvm.tir.min(A[i], 1.0), tvm.tir.const(-0.5, "float32"))
    )
    a = values((60,))
    check(te.create_schedule(B.op), [A, B], [a], np.clip(a, -0.5, 1.0))


def test_selection_and_casts() -> None:
    A = te.placeholder((60,), name="A")
    B = te.compute(
        (60,),
        lambda i: tvm.tir.Select(
            tvm.tir.all(A[i] > 0.0, i < 50), tvm.tir.Cast("int32", A[i] * 10.0), -1
        ),
        name="B",
    )
    a = values((60,))
    right = np.where((a > 0) & (np.arange(60) < 50), (a * 10).astype("int32"), -1)
    check(te.create_schedule(B.op), [A, B], [a], right.astype("int32"))


def test_double_precision() -> None:
    A = te.placeholder((64,), "float64", name="A")
    B = te.compute((64,), lambda i: te.exp(A[i]) + te.tanh(A[i]), name="B")
    s = te.create_schedule(B.op)
    _, inner = s[B].split(B.op.axis[0], 8)
    s[B].vectorize(inner)
    a = values((64,), "float64")
    check(s, [A, B], [a], np.exp(a) + np.tanh(a), rtol=1e-14)
