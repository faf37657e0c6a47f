"""Loops over taps that are parted where the points of a tile that have a tap change."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.ir.build import and_, const, load
from autosched.ir.expr import Expr, Var
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import For, Function, If, Stmt
from autosched.passes.segment import segment
from autosched.passes.simplify import simplify
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, W, C = buffer("A", 32), buffer("W", 16), buffer("C", 32)
r, y, n = var("r"), var("y"), var("n")
ADDED = store(C, [y], load(C, (y,)) * 2.0 + load(A, (y + r,)) * load(W, (r,)))


def sums(condition: Expr, taps: int = 3, body: Stmt = ADDED, kind: str = "unrolled") -> For:
    """Sums of taps for four points. Each step doubles them, so that their order counts."""
    return loop(r, taps, loop(y, 4, If(condition, body), kind=kind))


def function(stmt: Stmt, *symbols: Var) -> Function:
    return Function("main", (A, W, C), (C,), symbols, stmt)


def headers(stmt: Stmt) -> list[str]:
    text = str(simplify(segment(function(stmt), V4), V4).body)
    return [line.strip() for line in text.splitlines() if "C[" not in line]


WHOLE = ["unrolled y in 0..4:"]


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        (const(1) <= y + r, [*WHOLE, "if 1 <= y:", "for r in 1..3:", *WHOLE]),
        (y + r < 5, ["for r in 0..2:", *WHOLE, *WHOLE, "if y < 3:"]),
        (
            and_(const(1) <= y + r, y + r < 5),
            [*WHOLE, "if 1 <= y:", *WHOLE, *WHOLE, "if y < 3:"],
        ),
    ],
    ids=["first", "last", "both"],
)
def test_most_points_have_all_taps(condition: Expr, lines: list[str]) -> None:
    assert headers(sums(condition)) == lines


def test_steps_of_a_part_share_its_condition() -> None:
    assert headers(sums(const(3) <= y * 2 + r, taps=5)) == [
        *(*WHOLE, "if 2 <= y:"),
        *("for r in 1..3:", *WHOLE, "if 1 <= y:"),
        *("for r in 3..5:", *WHOLE),
    ]


def test_other_conditions_beside_it_stay() -> None:
    assert headers(sums(and_(const(3) <= y * 2 + r, r < n), taps=5)) == [
        *(*WHOLE, "if 2 <= y and 1 <= n:"),
        *("for r in 1..3:", *WHOLE, "if 1 <= y and r < n:"),
        *("for r in 3..5:", *WHOLE, "if r < n:"),
    ]


@pytest.mark.parametrize(
    "stmt",
    [
        sums(y + r < n),
        sums(y < 2),
        sums(y * r < 5),
        sums(y + r < 5, kind="for"),
        sums(y + r < 19, taps=17),
        sums(y * 3 + r < 11, taps=12),
        sums(y + r < 5, body=store(C, [y + r], load(C, (y + r,)) + 1.0)),
    ],
    ids=["not constant", "no tap", "product", "no points", "many taps", "many parts", "no sums"],
)
def test_other_loops_stay(stmt: For) -> None:
    assert str(segment(function(stmt, n), V4).body) == str(stmt)


@pytest.mark.parametrize("factor", [-2, -1, 1, 2])
@pytest.mark.parametrize("bound", [-3, 0, 1, 4, 7])
@pytest.mark.parametrize("taps", [4, 6])
def test_the_sums_are_the_same(factor: int, bound: int, taps: int) -> None:
    stmt = sums(and_(y * factor + r <= bound, const(1) <= y + r * 2), taps)
    random = np.random.default_rng(0)
    a, w, c = (random.uniform(-1, 1, count).astype("f4") for count in (32, 16, 32))
    got, want = c.copy(), c.copy()
    interpret(segment(function(stmt), V4), [a, w, got])
    interpret(function(stmt), [a, w, want])
    np.testing.assert_array_equal(got, want)
