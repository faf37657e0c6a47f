"""Conditions of a loop's variable that become its range."""

from __future__ import annotations

import pytest

from autosched.ir.build import and_, const, load
from autosched.ir.expr import Expr
from autosched.ir.pragma import Reloaded
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt
from autosched.passes.simplify import simplify
from autosched.passes.tighten import tighten
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, C = buffer("A", 128), buffer("C", 128)
i, j, n = var("i"), var("j"), var("n")


def copy(index: Expr) -> Stmt:
    return store(C, [index], load(A, (index,)))


def text(stmt: Stmt) -> list[str]:
    function = simplify(tighten(Function("main", (A, C), (C,), (n,), stmt), V4), V4)
    return [line.replace("    ", "  ") for line in str(function.body).splitlines()]


@pytest.mark.parametrize(
    ("condition", "header"),
    [
        (i < n, "for i in 0..min(8, n):"),
        (i <= n, "for i in 0..min(8, n + 1):"),
        (i * 3 < n, "for i in 0..min(8, (n + 2)//3):"),
        (n < i, "for i in n + 1 .. n + 1 + (7 - n):"),
        (const(2) <= i, "for i in 2..8:"),
        (i < 5, "for i in 0..5:"),
    ],
)
def test_a_bound_on_the_variable(condition: Expr, header: str) -> None:
    assert text(loop(i, 8, If(condition, copy(i)))) == [header, "  C[i] = A[i]"]


def test_a_condition_about_something_else_moves_out() -> None:
    stmt = loop(j, 4, loop(i, 8, If(and_(j < 3, i < n), copy(i))))
    assert text(stmt) == [
        "for j in 0..3:",
        "  for i in 0..min(8, n):",
        "    C[i] = A[i]",
    ]


def test_what_is_no_bound_stays() -> None:
    stmt = loop(i, 8, If(i * i < n, copy(i)))
    assert text(stmt) == ["for i in 0..8:", "  if i*i < n:", "    C[i] = A[i]"]


def test_both_branches_stay() -> None:
    stmt = loop(i, 8, If(i < n, copy(i), copy(i + 1)))
    assert text(stmt)[0] == "for i in 0..8:"


@pytest.mark.parametrize("kind", [LoopKind.UNROLLED, LoopKind.VECTORIZED])
def test_a_loop_that_must_be_constant_takes_in_constants_only(kind: LoopKind) -> None:
    variable = For(i, const(0), const(8), kind, If(i < n, copy(i)))
    assert text(variable) == [f"{kind.value} i in 0..8:", "  if i < n:", "    C[i] = A[i]"]
    constant = For(i, const(0), const(8), kind, If(i < 5, copy(i)))
    assert text(constant) == [f"{kind.value} i in 0..5:", "  C[i] = A[i]"]


@pytest.mark.parametrize("bound", [const(3), i])
def test_a_condition_on_what_the_loop_writes_stays(bound: Expr) -> None:
    T = buffer("T", 1, kind="int64")
    value = load(T, (const(0),))
    nest = loop(i, 8, If(value < bound, store(T, [const(0)], value + 2)))
    assert text(nest)[0] == "for i in 0..8:"
    assert text(nest)[1].strip() == f"if T[0] < {bound}:"


def test_conditions_of_conditions_are_bounds_too() -> None:
    stmt = loop(j, 4, loop(i, 8, If(i < 5, If(and_(i < n, const(1) <= j), copy(i)))))
    assert text(stmt) == ["for j in 1..4:", "  for i in 0..min(5, n):", "    C[i] = A[i]"]


def test_a_condition_guards_what_another_one_inside_it_reads() -> None:
    stmt = loop(i, 8, If(i * i < n, If(load(A, (j,)) < 1.0, store(C, [i], const(0.0)))))
    assert [line.strip() for line in text(loop(j, 4, stmt))] == [
        "for j in 0..4:",
        "for i in 0..8:",
        "if i*i < n:",
        "if A[j] < 1.0:",
        "C[i] = 0.0",
    ]


@pytest.mark.parametrize(
    ("stored", "header"),
    [
        (store(C, [j], load(C, (j,)) + load(A, (i,))), "for i in max(0, 1 - j) .. "),
        (store(C, [i], load(C, (i,)) + load(A, (i,))), "unrolled i in 0..3 [reload=True]:"),
    ],
    ids=["one sum", "a sum of each step"],
)
def test_taps_that_are_written_out_may_be_counted(stored: Stmt, header: str) -> None:
    body = If(const(1) <= i + j, stored)
    taps = For(i, const(0), const(3), LoopKind.UNROLLED, body, (Reloaded(),))
    assert text(loop(j, 4, taps))[1].strip().startswith(header)


def test_constant_bounds_of_taps_leave_them_written_out() -> None:
    body = If(const(1) <= i, store(C, [j], load(C, (j,)) + load(A, (i,))))
    taps = For(i, const(0), const(3), LoopKind.UNROLLED, body, (Reloaded(),))
    assert text(loop(j, 4, taps))[1].strip() == "unrolled i in 1..3 [reload=True]:"
