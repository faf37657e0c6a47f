"""What a loop adds to again and again is kept in registers."""

from __future__ import annotations

import numpy as np

from autosched.ir.build import load
from autosched.ir.expr import Expr
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Allocate, Function, Stmt
from autosched.ir.traverse import iter_stmts
from autosched.passes.promote import promote
from autosched.passes.simplify import simplify
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, C = buffer("A", 8, 4), buffer("C", 4)
i, j, k = var("i"), var("j"), var("k")


def promoted(stmt: Stmt) -> Function:
    return simplify(promote(Function("main", (A, C), (C,), (), stmt), V4), V4)


def has_tile(stmt: Stmt) -> bool:
    return any(isinstance(each, Allocate) for each in iter_stmts(promoted(stmt).body))


def added(place: Expr, read: Expr | None = None, kind: str = "unrolled") -> Stmt:
    value = load(C, (place if read is None else read,)) + load(A, (k, j))
    return loop(k, 8, loop(j, 4, store(C, [place], value), kind=kind))


def test_the_tile_of_an_update_is_loaded_before_and_stored_after() -> None:
    lines = [line.replace("    ", "  ") for line in str(promoted(added(j)).body).splitlines()]
    assert lines == [
        "alloc C_tile: float32[4] local",
        "unrolled j in 0..4:",
        "  C_tile[j] = C[j]",
        "for k in 0..8:",
        "  unrolled j in 0..4:",
        "    C_tile[j] = C_tile[j] + A[k, j]",
        "unrolled j in 0..4:",
        "  C[j] = C_tile[j]",
    ]


def test_a_promoted_update_means_the_same() -> None:
    values = np.arange(32, dtype=np.float32).reshape(8, 4)
    found = np.ones(4, np.float32)
    interpret(promoted(added(j)), [values, found])
    np.testing.assert_array_equal(found, 1 + values.sum(0))


def test_a_loop_that_is_not_written_out_keeps_its_buffer() -> None:
    assert not has_tile(added(j, kind="for"))


def test_points_that_may_be_one_element_keep_their_buffer() -> None:
    assert not has_tile(added(j // 2))


def test_an_update_that_reads_another_element_keeps_its_buffer() -> None:
    assert not has_tile(added(j, read=3 - j))


def test_an_element_of_another_variable_of_the_same_name_is_another() -> None:
    other = var("j")
    value = load(C, (other,)) + load(A, (k, j))
    stmt = loop(other, 4, loop(k, 8, loop(j, 4, store(C, [j], value), kind="unrolled")))
    assert not has_tile(stmt)


def test_a_large_tile_keeps_its_buffer() -> None:
    wide = buffer("C", 2048)
    stmt = loop(k, 8, loop(j, 2048, store(wide, [j], load(wide, (j,)) + 1.0), kind="unrolled"))
    function = promote(Function("main", (wide,), (wide,), (), stmt), V4)
    assert not any(isinstance(each, Allocate) for each in iter_stmts(function.body))
