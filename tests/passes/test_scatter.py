"""Loops of which data names the only point that does anything."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ir.build import and_, cast, eq, load, lt, select
from autosched.ir.dtype import dtype
from autosched.ir.expr import Expr, Operand
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function, If, Stmt
from autosched.passes.scatter import scatter
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

N, POINTS = 9, 6
A, C = buffer("A", N, 4), buffer("C", POINTS, 4)
I = buffer("I", N, kind="int32")  # noqa: E741
k, i, j = var("k"), var("i"), var("j")
NAMED = load(I, (k,))


def update(
    condition: Expr, term: Expr | None = None, nothing: Operand = 0.0, kind: str = "for"
) -> Stmt:
    value = select(condition, load(A, (k, j)) if term is None else term, nothing)
    stored = store(C, [i, j], load(C, (i, j)) + value)
    return loop(k, N, loop(i, POINTS, loop(j, 4, stored, kind="vectorized"), kind=kind))


def function(stmt: Stmt) -> Function:
    return Function("main", (A, I, C), (C,), (), stmt)


def scattered(stmt: Stmt) -> str:
    return str(scatter(function(stmt), V4).body)


def named(point: Expr = NAMED) -> Expr:
    return eq(point, cast(i, point.dtype))


def test_the_point_that_data_names_is_left() -> None:
    lines = [line.strip() for line in scattered(update(named())).splitlines()]
    assert lines == [
        "for k in 0..9:",
        "if 0 <= int64(I[k]) and int64(I[k]) < 6:",
        "vectorized j in 0..4:",
        "C[int64(I[k]), j] = C[int64(I[k]), j] + A[k, j]",
    ]


def test_other_conditions_and_the_order_of_operands_stay() -> None:
    text = scattered(update(and_(eq(cast(i, dtype("int32")), NAMED), lt(j, i))))
    assert "select(j < int64(I[k]), A[k, j], 0.0)" in text
    assert "select(k < 5, A[k, j], 0.0)" in scattered(update(and_(lt(k, 5), named())))


@pytest.mark.parametrize(
    "stmt",
    [
        update(named(), nothing=1.0),
        update(named(cast(load(C, (k, 0)), dtype("int32")))),
        update(named(load(I, (j,)))),
        update(eq(NAMED, cast(i + 1, dtype("int32")))),
        update(lt(NAMED, cast(i, dtype("int32")))),
        update(named(), kind="parallel"),
        update(named(load(A, (k, 0)))),
        loop(k, N, loop(i, POINTS, store(C, [i, 0], select(named(), load(A, (k, 0)), 0.0)))),
        loop(i, 300, store(C, [i, 0], load(C, (i, 0)) + select(named(cast(NAMED, dtype("int8"))),
             load(A, (k, 0)), 0.0))),
        loop(i, POINTS, loop(k, N, If(lt(k, 5), store(C, [i, j], load(C, (i, j)) + select(
            named(), load(A, (k, j)), 0.0))))),
    ],
    ids=["something else", "changes", "of an inner loop", "another index", "less",
         "threads", "floats", "no reduction", "values that wrap", "a loop outside of the data"],
)  # fmt: skip
def test_other_loops_stay(stmt: Stmt) -> None:
    assert scattered(stmt) == str(stmt)


def test_a_condition_around_all_of_a_loop() -> None:
    stored = store(C, [i, 0], load(A, (k, 0)))
    text = scattered(loop(k, N, loop(i, POINTS, If(and_(named(), lt(i, 5)), stored))))
    assert [line.strip() for line in text.splitlines()[1:]] == [
        "if 0 <= int64(I[k]) and int64(I[k]) < 6:",
        "if int64(I[k]) < 5:",
        "C[int64(I[k]), 0] = A[k, 0]",
    ]
    unknown = loop(i, POINTS, loop(k, N, If(named(), stored)))
    assert scattered(unknown) == str(unknown)


def test_what_a_condition_allows_to_read_is_not_read_before_it() -> None:
    stored = store(C, [i, 0], load(C, (i, 0)) + select(named(), load(A, (k, 0)), 0.0))
    stmt = loop(k, N + 5, loop(i, POINTS, If(lt(k, N), stored)))
    assert scattered(stmt) == str(stmt)
    assert "if j < 3" in scattered(loop(k, N, loop(i, POINTS, loop(j, 4, If(lt(j, 3), stored)))))


def test_numbers_outside_of_the_loop_name_no_point() -> None:
    random = np.random.default_rng(0)
    values = random.standard_normal((N, 4)).astype("float32")
    indices = np.array([5, -1, 0, 6, 5, 2**31 - 1, -(2**31), 3, 5], "int32")
    given, made = (np.zeros((POINTS, 4), "float32") for _ in range(2))
    whole = function(update(named()))
    interpret(whole, [values, indices, given], check_uninitialised=False)
    interpret(scatter(whole, V4), [values, indices, made], check_uninitialised=False)
    np.testing.assert_array_equal(given, made)
    assert made[5].any()
    assert not made[1].any()


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_indices_of_all_types(kind: str) -> None:
    index, r = te.placeholder((40,), kind, name="index"), te.reduce_axis((0, 40), name="r")
    output = te.compute((5,), lambda p: te.sum(r + 1, axis=r, where=index[r].equal(p)))
    schedule = te.create_schedule(output)
    schedule[output].reorder(r, output.op.axis[0])
    text = str(scatter(autosched.lower(schedule, [index, output]), V4))
    assert "for p" not in text.split("for r")[1]
    info = np.iinfo(kind)
    values = np.random.default_rng(0).integers(0, 7, 40).astype(kind)
    values[:4] = info.max, info.min, info.max - 1, 4
    found = autosched.build(schedule, [index, output])(values)
    expected = [sum(n + 1 for n, v in enumerate(values) if v == p) for p in range(5)]
    np.testing.assert_array_equal(found, expected)
