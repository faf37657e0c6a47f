"""What statements write, and which expressions keep their values while they run."""

from __future__ import annotations

import pytest

from autosched.ir.build import and_, const, load
from autosched.ir.effects import lasting, may_change
from autosched.ir.stmt import CallExternal
from tests.ir.nests import buffer, loop, store, var

A, T = buffer("A", 8, kind="int32"), buffer("T", 8, kind="int32")
i, n = var("i"), var("n")
WRITES_T = loop(i, 8, store(T, [i], load(A, (i,))))


def read(source):
    return load(source, (const(0),))


def test_a_value_may_change_where_its_buffer_is_written() -> None:
    assert may_change(read(T) + 1, WRITES_T)
    assert not may_change(read(A) + 1, WRITES_T)
    assert not may_change(n + 1, WRITES_T)


@pytest.mark.parametrize("source", [A, T])
def test_a_function_outside_may_write_what_it_is_given(source) -> None:
    assert may_change(read(source), CallExternal("f", (T,))) == (source is T)


def test_the_parts_of_a_condition_that_last() -> None:
    condition = and_(n < 3, read(T) < 4, read(A) < 5)
    assert str(lasting(condition, WRITES_T)) == "n < 3 and A[0] < 5"
    assert str(lasting(read(T) < 4, WRITES_T)) == "True"
    alone = and_(n < 3, read(A) < 5)
    assert lasting(alone, WRITES_T) is alone
