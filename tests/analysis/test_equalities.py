"""Which integer a condition says that a variable equals."""

from __future__ import annotations

import pytest

from autosched.analysis.equalities import equal_to
from autosched.ir.build import and_, cast, eq, le, load
from autosched.ir.dtype import dtype
from autosched.ir.expr import Expr
from tests.ir.nests import buffer, var

i, k = var("i"), var("k")
WHOLE, BYTES, REAL = buffer("W", 9, kind="int64"), buffer("B", 9, kind="int8"), buffer("R", 9)


@pytest.mark.parametrize("point", [k + 1, load(WHOLE, (k,)) * 2], ids=str)
def test_a_variable_equals_an_integer(point: Expr) -> None:
    assert equal_to(eq(point, i), i) is point
    assert equal_to(eq(i, point), i) is point


def test_a_variable_is_converted_to_the_type_of_the_integer() -> None:
    point = load(BYTES, (k,))
    assert equal_to(eq(point, cast(i, dtype("int8"))), i) is point


@pytest.mark.parametrize(
    "condition",
    [
        le(k, i),
        eq(k, i + 1),
        eq(i + k, i),
        eq(load(REAL, (k,)), cast(i, dtype("float32"))),
        and_(eq(k, i), le(k, 3)),
    ],
    ids=["less", "a sum", "itself", "floats", "two conditions"],
)
def test_other_conditions(condition: Expr) -> None:
    assert equal_to(condition, i) is None
