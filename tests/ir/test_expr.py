"""`==` and `!=` of expressions, and their truth value."""

from __future__ import annotations

import pytest

from autosched.errors import ExpressionError
from autosched.ir.build import const
from autosched.ir.expr import Const, Eq, Ne
from autosched.ir.operators import read_formula
from tests.ir.nests import evaluate, var

x, y = var("x"), var("y")


@pytest.mark.parametrize("number", [3, 3.0, True])
def test_equality_is_an_expression(number: int | float | bool) -> None:
    assert type(x == number) is Eq
    assert type(x != number) is Ne
    assert type(number == x) is Eq
    assert type(number != x) is Ne


def test_equality_is_computed() -> None:
    assert evaluate(x == y, x=3, y=3)
    assert not evaluate(x == y, x=3, y=4)
    assert evaluate(x % 2 == 0, x=4)
    assert evaluate(x != 2 * y, x=3, y=4)
    assert not evaluate(2 * y != 8, y=4)


def test_containers_hold_expressions_by_identity() -> None:
    twin = var("x")
    assert x in (y, x)
    assert x not in (y, twin)
    assert [y, twin, x].index(x) == 2
    assert {x: 1, twin: 2, x + 1: 3}[twin] == 2
    assert (x, y) == (x, y)
    assert (x, y) != (x, twin)


def test_constants_compare_by_value() -> None:
    assert const(3) == 3
    assert const(3) != 4
    assert (const(3), x) == (3, x)
    assert type(const(3) == const(3)) is Const


@pytest.mark.parametrize("other", [None, "x", object(), (1, 2)])
def test_what_is_no_operand_is_not_equal(other: object) -> None:
    assert (x == other) is False
    assert (x != other) is True


def test_a_formula_cannot_branch_on_an_equality() -> None:
    with pytest.raises(ExpressionError, match="truth value, got the expression x == y"):
        read_formula(lambda a, b: 1 if a == b else 0, x, y)
    with pytest.raises(ExpressionError, match=r"truth value, got the expression x != y"):
        read_formula(lambda a, b: 1 if a != b else 0, x, y)
    assert read_formula(lambda a: a == a, x)
    assert x != y


def test_other_expressions_have_no_truth_value() -> None:
    for expr in (x, x + 1, x < y, const(3)):
        with pytest.raises(ExpressionError, match="expected a Python truth value"):
            bool(expr)
    assert bool(const(True))
