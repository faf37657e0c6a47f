"""Accesses that count through several dimensions have one index."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import VerifyError
from autosched.ir.build import const, load
from autosched.ir.expr import Buffer
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function, Stmt
from autosched.passes.join import join
from autosched.passes.simplify import simplify
from autosched.passes.vectorize import vectorize
from tests.ir.nests import buffer, function, loop, store, var
from tests.passes.nests import V4

A, C = buffer("A", 5, 7), buffer("C", 5, 7)
i = var("i")


def doubled(source: Buffer = A, points: int = 35, kind: str = "for") -> Stmt:
    value = load(source, (i // 7, i % 7)) * 2.0
    return loop(i, points, store(C, [i // 7, i % 7], value), kind=kind)


def joined(stmt: Stmt, source: Buffer = A) -> Function:
    return join(function((source, C), (C,), stmt), V4)


def test_loads_and_stores_have_one_index() -> None:
    assert "C[0, i] = A[0, i] * 2.0" in str(joined(doubled()).body)


def test_the_interpreter_follows_it() -> None:
    a, c = np.arange(35, dtype=np.float32).reshape(5, 7), np.zeros((5, 7), np.float32)
    interpret(joined(doubled()), [a, c])
    np.testing.assert_array_equal(c, 2 * a)


def test_it_stays_within_the_array() -> None:
    arrays = [np.zeros((5, 7), np.float32) for _ in range(2)]
    with pytest.raises(VerifyError, match=r"within C of shape \[5, 7\], got \[0, 35\]"):
        interpret(joined(doubled(points=36)), arrays)
    outside = loop(i, 8, store(C, [const(1), i], 0.0))  # no index of 0 is before it
    with pytest.raises(VerifyError, match=r"got \[1, 7\]"):
        interpret(joined(outside), arrays)


def test_neighbours_are_a_vector() -> None:
    """Vectors of 4 lanes go on from one row to the next."""
    found = simplify(joined(doubled(points=8, kind="vectorized")), V4)
    assert "C[0, 4 : +4] = A[0, 4 : +4]" in str(vectorize(found, V4).body)


def test_rows_with_gaps_between_them_stay() -> None:
    gaps = Buffer("A", A.shape, A.dtype, strides=(const(8), const(1)))
    assert "A[i//7, i%7]" in str(joined(doubled(gaps), gaps).body)
