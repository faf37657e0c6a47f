"""Which reductions are one operator."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.ir.expr import Add, Max, Min, Mul
from autosched.te.combining import combining_operator
from tests.schedule.nests import argmax, copy


def reduced(make) -> te.Tensor:
    A = te.placeholder((4, 8), name="A")
    k = te.reduce_axis((0, 8), name="k")
    return te.compute((4,), lambda i: make(A[i, k], axis=k), name="B")


@pytest.mark.parametrize(
    ("make", "operator"), [(te.sum, Add), (te.prod, Mul), (te.min, Min), (te.max, Max)]
)
def test_the_reductions_with_an_operator(make, operator) -> None:
    assert combining_operator(reduced(make).op) is operator


def test_an_operator_of_ones_own_is_known_by_what_it_does() -> None:
    mine = te.comm_reducer(lambda x, y: y + x, lambda t: te.const(0, t), name="mine")
    assert combining_operator(reduced(mine).op) is Add


def test_other_operations_have_none() -> None:
    either = te.comm_reducer(lambda x, y: x + y - x * y, lambda t: te.const(0, t), name="either")
    assert combining_operator(reduced(either).op) is None
    assert combining_operator(argmax()[0].op) is None
    assert combining_operator(copy().op) is None
