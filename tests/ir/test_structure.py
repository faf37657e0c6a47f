"""Equality by content."""

from __future__ import annotations

from autosched.ir import build
from autosched.ir.expr import Expr
from autosched.ir.structure import ExprKeys, equal
from tests.ir.nests import buffer, const, load, var


def same(a: Expr, b: Expr) -> bool:
    """Whether they are equal, which both directions and their keys must agree on."""
    keys = ExprKeys()
    assert equal(a, b) == equal(b, a) == (keys.of(a) == keys.of(b))
    return equal(a, b)


def test_expressions_by_content():
    x, y = var("x"), var("y")
    assert same(x + 1, x + 1)
    assert same((x * y) % 3, (x * y) % 3)
    assert not same(x + y, y + x)
    assert not same(x + y, x - y)
    assert not same(x, var("x"))
    assert not same(x + 1, x.astype("int32") + 1)


def test_constants_by_dtype_and_bits():
    assert same(const(float("nan")), const(float("nan")))
    assert not same(const(0.0), const(-0.0))
    assert not same(const(1), const(1, "int32"))
    assert not same(const(1), const(True))


def test_attributes_count():
    f, p = var("f", "float32"), var("p", "bool")
    a, b = buffer("A", 8), buffer("A", 8)
    assert not same(build.call("exp", f), build.call("log", f))
    assert not same(load(a, [0]), load(b, [0]))
    assert not same(load(a, [0]), load(a, [0], p))
    assert not same(build.ramp(var("x"), 1, 4), build.ramp(var("x"), 2, 4))


def test_shared_and_deep_expressions_are_cheap():
    x = var("x")
    shared, again, deep, other = x, x, x, x
    for _ in range(100):
        shared, again = shared + shared, again + again
    for _ in range(10_000):
        deep, other = deep * x + 1, other * x + 1
    assert same(shared, again)
    assert same(deep, other)
    assert not same(deep, other + 1)


def test_keys_are_shared_by_equal_expressions_alone():
    keys = ExprKeys()
    x, y, twin = var("x"), var("y"), var("x")
    assert keys.of(x * y + 1) == keys.of(x * y + 1)
    assert keys.of(x) != keys.of(twin)
    assert keys.of(x < 2) != keys.of(twin < 2)
    assert keys.of(load(buffer("A", 4), (x,))) != keys.of(load(buffer("A", 4), (x,)))


def test_keys_of_deep_and_shared_expressions():
    keys = ExprKeys()
    x = var("x")
    deep, again = x, x
    for _ in range(3000):
        deep, again = deep * deep + x, again * again + x
    assert keys.of(deep) == keys.of(again)
