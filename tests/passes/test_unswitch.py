"""Choices that are the same for all points that are written out."""

from __future__ import annotations

import numpy as np

from autosched import te
from autosched.ir.build import and_, const, load, select
from autosched.ir.expr import Expr
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function, Stmt
from autosched.passes.simplify import simplify
from autosched.passes.unswitch import unswitch
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4, after

A, C = buffer("A", 8), buffer("C", 8)
k, w = var("k"), var("w")


def unswitched(stmt: Stmt) -> list[str]:
    function = simplify(unswitch(Function("main", (A, C), (C,), (), stmt), V4), V4)
    return [line.replace("    ", "  ") for line in str(function.body).splitlines()]


def chosen(condition: Expr) -> Stmt:
    value = select(condition, load(A, (w,)), 0.0)
    return loop(k, 8, loop(w, 2, store(C, [w], value), kind="unrolled"))


def test_a_condition_of_the_outer_loop_is_decided_once() -> None:
    assert unswitched(chosen(k < 5)) == [
        "for k in 0..8:",
        "  if k < 5:",
        "    unrolled w in 0..2:",
        "      C[w] = A[w]",
        "  else:",
        "    unrolled w in 0..2:",
        "      C[w] = 0.0",
    ]


def test_a_condition_of_the_loop_itself_stays() -> None:
    assert unswitched(chosen(w < 1)) == [
        "for k in 0..8:",
        "  unrolled w in 0..2:",
        "    C[w] = select(w < 1, A[w], 0.0)",
    ]


def test_a_condition_that_reads_memory_stays() -> None:
    assert not any("else:" in line for line in unswitched(chosen(load(A, (k,)) < const(1.0))))


def test_conditions_of_other_variables_of_the_same_name_are_two() -> None:
    other = var("k")
    both = select(k < 2, load(A, (w,)), 0.0) * select(other < 2, load(A, (w,)), 0.0)
    stmt = loop(k, 4, loop(other, 4, loop(w, 2, store(C, [w], both), kind="unrolled")))
    decided = [line for line in unswitched(stmt) if line.lstrip().startswith("if ")]
    assert len(decided) == 1
    assert " and " in decided[0]


def test_equal_conditions_are_decided_together() -> None:
    both = select(and_(k < 2, w < 1), load(A, (w,)), 0.0) * select(k < 2, load(A, (w,)), 0.0)
    stmt = loop(k, 4, loop(w, 2, store(C, [w], both), kind="unrolled"))
    assert "  if k < 2:" in unswitched(stmt)


def test_a_masked_product_over_axes_of_one_name_is_right() -> None:
    source = te.placeholder((4, 6), name="A")
    first, second = te.reduce_axis((0, 4)), te.reduce_axis((0, 4))
    assert first.name == second.name

    def product(column: Expr) -> Expr:
        left = te.if_then_else(first < 2, source[first, column], 0.0)
        right = te.if_then_else(second < 2, source[second, column], 0.0)
        return te.sum(left * right, axis=[first, second])

    result = te.compute((6,), product, name="C")
    s = te.create_schedule(result)
    s[result].reorder(first, second, result.op.axis[0])
    s[result].unroll(result.op.axis[0])
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    found = np.empty(6, np.float32)
    interpret(after(s, "unswitch"), [values, found])
    np.testing.assert_array_equal(found, values[:2].sum(0) ** 2)


def test_what_needs_all_that_is_decided_does_not_hold_elsewhere() -> None:
    assert unswitched(chosen(and_(k < 5, w < 1))) == [
        "for k in 0..8:",
        "  if k < 5:",
        "    unrolled w in 0..2:",
        "      C[w] = select(w < 1, A[w], 0.0)",
        "  else:",
        "    unrolled w in 0..2:",
        "      C[w] = 0.0",
    ]
