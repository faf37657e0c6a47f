"""Which loops are written out."""

from __future__ import annotations

import pytest

from autosched.errors import LoweringError
from autosched.ir.build import const, load
from autosched.ir.expr import Expr
from autosched.ir.pragma import AutoUnroll
from autosched.ir.stmt import For, Function, LoopKind, Stmt, block
from autosched.passes.unroll import unroll
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, C = buffer("A", 128), buffer("C", 128)
i, j, k, n = var("i"), var("j"), var("k"), var("n")


def copy(index: Expr) -> Stmt:
    return store(C, [index], load(A, (index,)))


def headers(stmt: Stmt) -> list[str]:
    function = unroll(Function("main", (A, C), (C,), (n,), stmt), V4)
    lines = [line.strip() for line in str(function.body).splitlines()]
    return [line.split(" [")[0].rstrip(":") for line in lines if " in " in line]


def limited(extent: int, most: int, body: Stmt) -> For:
    pragma = AutoUnroll(most)
    return For(i, const(0), const(extent), LoopKind.SERIAL, body, (pragma,))


def test_a_loop_of_unknown_extent_runs_serially() -> None:
    assert headers(For(i, const(0), n, LoopKind.UNROLLED, copy(i))) == ["for i in 0..n"]


def test_inner_loops_are_written_out_up_to_the_limit() -> None:
    nest = loop(j, 4, loop(k, 8, copy(j * 8 + k)))
    assert headers(limited(2, 3, nest)) == ["for i in 0..2", "for j in 0..4", "for k in 0..8"]
    assert headers(limited(2, 8, nest)) == ["for i in 0..2", "for j in 0..4", "unrolled k in 0..8"]
    assert headers(limited(2, 64, nest))[0] == "unrolled i in 0..2"


def test_around_a_loop_that_stays_nothing_is_written_out() -> None:
    nest = loop(j, 4, loop(k, 8, copy(j * 8 + k)))
    assert headers(limited(2, 7, nest)) == ["for i in 0..2", "for j in 0..4", "for k in 0..8"]
    asked = For(i, const(0), const(2), LoopKind.UNROLLED, loop(k, n, copy(k)))
    assert headers(asked) == ["unrolled i in 0..2", "for k in 0..n"]


def test_statements_side_by_side_count_together() -> None:
    body = block(loop(j, 4, copy(j)), loop(k, 4, copy(k)))
    assert headers(limited(2, 15, body))[0] == "for i in 0..2"
    assert headers(limited(2, 16, body))[0] == "unrolled i in 0..2"


def test_without_a_limit_nothing_changes() -> None:
    assert headers(loop(i, 1, loop(j, 2, copy(i + j)))) == ["for i in 0..1", "for j in 0..2"]


def test_code_without_end_is_refused_with_its_size() -> None:
    huge = loop(i, 15_000_000, copy(i), kind="unrolled")
    with pytest.raises(LoweringError, match=r"at most 1048576 operations .* got 45000002 "):
        headers(huge)
    assert headers(loop(i, 15_000_000, copy(i))) == ["for i in 0..15000000"]


def test_the_size_is_that_of_all_loops_together() -> None:
    def nest(outer: int) -> Stmt:
        inner = loop(j, 1000, copy(j), kind="unrolled")
        return loop(i, outer, block(inner, inner), kind="unrolled")

    assert len(headers(nest(100))) == 3
    with pytest.raises(LoweringError, match="got 1801202"):
        headers(nest(300))
