"""Simplifying values: once each, under what holds around all their uses."""

from __future__ import annotations

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import simplify
from autosched.ir import build
from autosched.ir.dtype import FLOAT32, INDEX, INT32
from autosched.ir.expr import Buffer, Expr, Load, Select, Var
from autosched.ir.traverse import postorder

i = Var("i", INDEX)
A = Buffer("A", (build.const(64),), FLOAT32)


def element(index: Expr) -> Load:
    return Load(A, (index,), FLOAT32)


def choose(condition: Expr, then: Expr, otherwise: Expr) -> Expr:
    return build.select(condition, then, otherwise)


def bounds() -> Bounds:
    return Bounds({i: (0, 63)})


def test_a_branch_is_simplified_under_its_condition() -> None:
    found = simplify(choose(i < 8, element(i // 8), element(i % 64)), bounds())
    assert str(found) == "select(i < 8, A[0], A[i])"


def test_what_both_branches_of_a_large_value_use_is_simplified_under_neither_condition() -> None:
    x, rest = element(i // 8), build.const(0.0)
    for number in range(100):
        rest = rest + element(i) * float(number)
    found = simplify(choose(i < 8, x * 2.0, x + rest), bounds())
    assert str(found).startswith("select(i < 8, A[i//8] * 2.0, A[i//8] + ")


def test_a_value_below_a_decided_choice_is_simplified_under_neither_branch_inside() -> None:
    x, rest = element(i // 8), build.const(0.0)
    for number in range(100):
        rest = rest + element(i) * float(number)
    inner = choose(i < 8, x * 2.0, x + rest)
    found = simplify(choose(i < 64, inner, build.const(0.0)), bounds())
    assert str(found).startswith("select(i < 8, A[i//8] * 2.0, A[i//8] + ")


def test_a_value_in_an_index_that_both_branches_share_is_simplified_under_neither() -> None:
    table = Buffer("T", (build.const(64),), INT32)
    chosen = choose(i < 8, Load(table, (i,), INT32), Load(table, (i + 1,), INT32))
    index, rest = build.cast(chosen, INDEX), build.const(0.0)
    for number in range(100):
        rest = rest + element(i) * float(number)
    found = simplify(choose(i < 8, element(index), element(index + 1) + rest), bounds())
    both = "int64(select(i < 8, T[i], T[i + 1]))"
    assert str(found).startswith(f"select(i < 8, A[{both}], A[{both} + 1] + ")


def test_the_same_value_in_two_branches_is_the_value() -> None:
    x = element(i + 0)
    assert simplify(Select(i < 8, x, element(i), FLOAT32), bounds()) is x


def test_a_value_in_a_condition_is_evaluated_whatever_stands_before_it() -> None:
    x = element(i // 8)
    found = simplify(choose(build.and_(i < 8, x > 0.0), x, x * 2.0), bounds())
    assert str(found) == "select(i < 8 and 0.0 < A[i//8], A[0], A[i//8] * 2.0)"


def test_nested_choices_that_use_one_value_twice_stay_as_large_as_they_are() -> None:
    e: Expr = element(i)
    for step in range(300):
        e = choose((i * 7) % 64 < step % 64, e, e * 0.5)
    size = len(postorder((e,)))
    assert len(postorder((simplify(e, bounds()),))) <= size


def test_deep_values_are_simplified() -> None:
    e: Expr = element(i)
    for step in range(3000):
        e = choose(i < step % 64, e + element(i + 0 * step), build.const(0.0))
    assert simplify(e, bounds()).dtype is FLOAT32
