"""Steps of a loop in which a condition holds for all points run without it."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.ir.build import and_, cast, const, load, select
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr, Var
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import For, Function, If, Stmt, block
from autosched.passes.interior import interior
from autosched.passes.simplify import simplify
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, W, C = buffer("A", 160), buffer("W", 64), buffer("C", 32)
FIRST = buffer("FIRST", 2, kind="int32")
k, y, i, n = var("k"), var("y"), var("i"), var("n")


def sums(condition: Expr, steps: object = 24, kind: str = "unrolled", branch: bool = False) -> Stmt:
    """Sums of 24 terms for six tiles of four points. Steps double them: their order counts."""
    term = load(A, (i * 4 + y + k,)) * load(W, (k,))
    place = i * 4 + y
    before = load(C, (place,)) * 2.0
    if branch:
        points: Stmt = If(condition, store(C, [place], before + term))
    else:
        points = store(C, [place], before + select(condition, term, 0.0))
    return loop(i, 6, loop(k, steps, loop(y, 4, points, kind=kind)))


moving = If(k <= i * 4 + y, store(C, [k + y], load(A, (k,))))
"""Stores an element of its own in each step of the loop over k."""


def function(stmt: Stmt, *symbols: Var) -> Function:
    return Function("main", (A, W, C), (C,), symbols, stmt)


CONDITIONS = {
    "below": k <= i * 4 + y,
    "above": i * 4 + y <= k,
    "band": and_(i * 4 + y <= k + 3, k <= i * 4 + y + 2),
    "steps": k * 2 <= i * 8 - y,
    "far": k + 40 <= i * 4 + y,
    "wide": and_(k <= i * 4 + y, k <= i * 4 + 1 + y),
}


def test_the_steps_before_the_diagonal() -> None:
    text = str(simplify(interior(function(sums(CONDITIONS["below"])), V4), V4).body)
    assert "for k in 0..i*4 + 1:" in text
    assert text.count("select") == 1
    assert text.count("unrolled y") == 2


@pytest.mark.parametrize("branch", [False, True], ids=["choice", "branch"])
@pytest.mark.parametrize("kind", ["unrolled", "vectorized"])
@pytest.mark.parametrize("name", CONDITIONS)
def test_what_they_compute(name: str, kind: str, branch: bool) -> None:
    before = function(sums(CONDITIONS[name], kind=kind, branch=branch))
    after = interior(before, V4)
    assert str(after.body).count("for k") > 1
    random = np.random.default_rng(3)
    arrays = [random.integers(-3, 4, size).astype(np.float32) for size in (160, 64, 32)]
    found = [[each.copy() for each in arrays] for _ in range(2)]
    interpret(before, found[0])
    interpret(after, found[1])
    assert (found[0][2] == found[1][2]).all()


@pytest.mark.parametrize(
    "stmt",
    [
        sums(k <= i * 4 + y, steps=16),
        sums(k <= i * 4 + y, kind="for"),
        sums(k <= i * 4),
        sums(y <= i),
        sums(k <= y),
        sums(k * k <= i + y),
        sums(load(A, (k,)) < const(1.0)),
        sums(k <= cast(load(FIRST, (i,)), INDEX) + y),
        sums(k + y < n),
        loop(i, 6, loop(k, 24, loop(y, 4, moving, kind="unrolled"))),
    ],
    ids=[
        *("short", "no points", "no point decides", "no step", "no loop outside", "product"),
        *("data", "a read", "a size", "no sum"),
    ],
)
def test_other_loops_stay(stmt: Stmt) -> None:
    assert str(interior(function(stmt, n), V4).body) == str(stmt)


def test_loops_of_one_variable_over_other_points_stay() -> None:
    place = i * 4 + y
    term = select(k <= place, load(A, (k,)), 0.0)
    points = store(C, [place], load(C, (place,)) * 2.0 + term)
    both = block(*(loop(y, count, points, kind="unrolled") for count in (8, 4)))
    stmt = loop(i, 6, loop(k, 24, both))
    assert str(interior(function(stmt), V4).body) == str(stmt)


def test_a_symbolic_number_of_steps() -> None:
    stmt = sums(k <= i * 4 + y, steps=n)
    loops = str(interior(function(stmt, n), V4).body)
    assert loops.count("for k") == 2
    assert isinstance(stmt, For)
