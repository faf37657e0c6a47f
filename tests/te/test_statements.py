"""Accesses of statements that users write lie inside of their buffers."""

import pytest

from autosched.errors import ExpressionError
from autosched.ir.build import const, load, lt, ramp, select, zero
from autosched.ir.dtype import FLOAT32, INDEX
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.stmt import For, If, LoopKind, Stmt, Store
from autosched.te.statements import check_accesses

N = Var("n", INDEX)
A = Buffer("A", (N,), FLOAT32)
I = Var("i", INDEX)  # noqa: E741
AT = Buffer("AT", (N,), INDEX)


def over(extent: Expr, body: Stmt) -> Stmt:
    return For(I, const(0), extent, LoopKind.SERIAL, body)


def put(index: Expr, value: Expr | None = None) -> Stmt:
    return Store(A, (index,), zero(FLOAT32) if value is None else value)


@pytest.mark.parametrize(
    "stmt",
    [
        over(N, put(I)),
        over(N - 1, put(I, load(A, (I + 1,)))),
        over(N, If(lt(I + 3, N), put(I + 3), put(I))),
        over(N, put(I, select(lt(const(0), I), load(A, (I - 1,)), zero(FLOAT32)))),
        over(N // 4, put(I * 4 + 3)),
        put(const(0)),
    ],
)
def test_accesses_inside_are_taken(stmt: Stmt) -> None:
    check_accesses("f", stmt)


@pytest.mark.parametrize(
    "stmt",
    [
        over(N, put(I + 1)),
        over(N, put(I, load(A, (I - 1,)))),
        over(N, If(lt(I + 3, N), put(I), put(I + 3))),
        over(N, put(I, select(lt(const(0), I), zero(FLOAT32), load(A, (I - 1,))))),
        over(N, put(load(AT, (I,)))),
        over(N, If(lt(load(AT, (I,)), N), put(load(AT, (I,))))),
        over(N // 4, Store(A, (ramp(I * 4, 1, 8),), zero(FLOAT32))),
        put(const(1)),
    ],
)
def test_accesses_that_may_be_outside_are_refused(stmt: Stmt) -> None:
    with pytest.raises(ExpressionError, match="are proved to lie"):
        check_accesses("f", stmt)


def test_nodes_that_an_expression_shares_are_checked_once() -> None:
    value: Expr = load(A, (I,))
    for _ in range(200):
        value = value + value * value
    check_accesses("f", over(N, put(I, value)))
