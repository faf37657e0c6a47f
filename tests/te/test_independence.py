"""Loops of users' statements that may run in parallel or in vectors, and those that may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autosched.ir.build import add, const, load, mul
from autosched.ir.dtype import FLOAT32, INDEX
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.stmt import Allocate, CallExternal, For, If, LoopKind, Stmt, Store, block
from autosched.te.independence import loop_of

A = Buffer("A", (const(9), const(9)), FLOAT32)
B = Buffer("B", (const(9), const(9)), FLOAT32)
N = Buffer("N", (const(9),), INDEX)
T = Buffer("T", (const(1),), FLOAT32, "local")
i, j, n = Var("i", INDEX), Var("j", INDEX), Var("n", INDEX)
ZERO, EIGHT, ONE = const(0), const(8), const(1.0, "float32")


def inner(body: Stmt, kind: LoopKind = LoopKind.SERIAL) -> Stmt:
    return For(j, ZERO, const(9), kind, body)


def kind_of(body: Stmt, kind: LoopKind = LoopKind.PARALLEL, extent: Expr = EIGHT) -> LoopKind:
    return loop_of(i, ZERO, extent, kind, body).kind


RIGHT: dict[str, Callable[[], Stmt]] = {
    "a row each": lambda: inner(Store(A, (i, j), load(B, (j, i)))),
    "a shifted row, read and written": lambda: Store(A, (add(i, n), ZERO), load(A, (n + i, ZERO))),
    "a column of each row": lambda: inner(Store(A, (j, i), ONE)),
    "a buffer of its own": lambda: Allocate(
        T, block(Store(T, (ZERO,), ONE), Store(A, (i, ZERO), load(T, (ZERO,))))
    ),
    "under a condition": lambda: If(i.astype("bool"), Store(A, (i, ZERO), ONE)),
}
WRONG: dict[str, Callable[[], Stmt]] = {
    "the element before": lambda: Store(A, (add(i, 1), ZERO), load(A, (i, ZERO))),
    "one element": lambda: Store(A, (n, ZERO), ONE),
    "diagonals": lambda: inner(Store(A, (add(i, j), ZERO), ONE)),
    "another row read": lambda: Store(A, (i, ZERO), load(A, (n, ZERO))),
    "every second": lambda: Store(A, (mul(i, 0), i // 2), ONE),
    "an index from memory": lambda: Store(A, (add(i, load(N, (i,))), ZERO), ONE),
    "a call": lambda: CallExternal("f", (A, i)),
    "a buffer around": lambda: Store(T, (ZERO,), ONE),
    "another parallel loop": lambda: inner(Store(A, (i, j), ONE), LoopKind.PARALLEL),
}


@pytest.mark.parametrize("name", RIGHT)
def test_points_that_write_elements_of_their_own(name: str) -> None:
    assert kind_of(RIGHT[name]()) is LoopKind.PARALLEL


@pytest.mark.parametrize("name", WRONG)
def test_other_points_run_one_after_the_other(name: str) -> None:
    assert kind_of(WRONG[name]()) is LoopKind.SERIAL


def test_vectors_are_of_stores_in_loops_of_known_extents() -> None:
    store = Store(A, (i, ZERO), ONE)
    assert kind_of(store, LoopKind.VECTORIZED) is LoopKind.VECTORIZED
    assert kind_of(block(store, store), LoopKind.VECTORIZED) is LoopKind.VECTORIZED
    assert kind_of(store, LoopKind.VECTORIZED, n) is LoopKind.SERIAL
    assert kind_of(If(i.astype("bool"), store), LoopKind.VECTORIZED) is LoopKind.SERIAL
    assert kind_of(inner(Store(A, (i, j), ONE)), LoopKind.VECTORIZED) is LoopKind.SERIAL


def test_unrolled_loops_of_known_extents_stay() -> None:
    store = Store(A, (n, ZERO), ONE)
    assert kind_of(store, LoopKind.UNROLLED) is LoopKind.UNROLLED
    assert kind_of(store, LoopKind.UNROLLED, n) is LoopKind.SERIAL
    assert kind_of(inner(Store(A, (i, j), ONE), LoopKind.UNROLLED)) is LoopKind.PARALLEL
