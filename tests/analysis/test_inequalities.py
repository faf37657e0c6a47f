"""Conditions as linear forms that are not negative."""

from __future__ import annotations

import pytest

from autosched.analysis.inequalities import conjuncts, negated, nonnegative_forms
from autosched.ir.build import and_, eq, le, lt, ne, not_, or_
from autosched.ir.dtype import BOOL, FLOAT32, INDEX
from autosched.ir.expr import Expr, Not, Var

i, j = Var("i", INDEX), Var("j", INDEX)
x = Var("x", FLOAT32)


def texts(condition: Expr) -> list[str] | None:
    forms = nonnegative_forms(condition)
    return None if forms is None else [str(form.to_expr()) for form in forms]


@pytest.mark.parametrize(
    ("condition", "forms"),
    [
        (lt(i * 8 + j, 127), ["126 - i*8 - j"]),
        (le(i, j), ["j - i"]),
        (eq(i, j + 1), ["j - i + 1", "i - j - 1"]),
        (not_(lt(i, 3)), ["i - 3"]),
        (Not(le(i, 3), BOOL), ["i - 4"]),
    ],
)
def test_a_comparison_of_indices_holds_where_its_forms_are_not_negative(
    condition: Expr, forms: list[str]
) -> None:
    assert texts(condition) == forms


@pytest.mark.parametrize(
    "condition",
    [ne(i, j), lt(x, 2.0), or_(lt(i, 1), lt(j, 1)), lt(i * (1 << 40), j), lt(i.astype("int32"), 3)],
)
def test_what_is_no_such_comparison_has_none(condition: Expr) -> None:
    assert texts(condition) is None


def test_a_conjunction_is_taken_apart() -> None:
    a, b, c = lt(i, 3), lt(j, 3), lt(i, j)
    parts = conjuncts(and_(and_(a, b), c))
    assert [part is want for part, want in zip(parts, (a, b, c), strict=True)] == [True] * 3


def test_the_opposite_of_an_order_of_floats_keeps_its_not() -> None:
    assert str(negated(lt(i, j))) == "j <= i"
    assert str(negated(eq(i, j))) == "i != j"
    assert str(negated(lt(x, 1.0))) == "not x < 1.0"
