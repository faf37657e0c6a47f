"""Sums taken apart."""

from __future__ import annotations

from autosched.analysis.sums import summands, weighted
from autosched.ir.build import broadcast, const, ramp
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, Expr, Mul, Sub, Var

i, j = Var("i", INDEX), Var("j", INDEX)


def test_parts_come_in_order_with_their_factors() -> None:
    product = i * j
    assert weighted(3 * (i - j * 2) + product, 5)[:2] == [(i, 15), (j, -30)]
    assert weighted(3 * (i - j * 2) + product, 5)[2] == (product, 5)


def test_vectors_are_sums_too() -> None:
    lanes = ramp(i, 2, 4)
    found = weighted(lanes * broadcast(const(3), 4) - broadcast(j, 4))
    assert found == [(lanes, 3), (j, -1)]


def test_what_many_sums_share_is_visited_once() -> None:
    e: Expr = i
    for _ in range(500):
        e = Add(e, Sub(e, j, INDEX), INDEX)
    total = {i: 0, j: 0}
    for node, factor in weighted(e):
        total[node] += factor
    assert total == {i: 2**500, j: 1 - 2**500}


def test_what_adds_nothing_up_has_no_summands() -> None:
    assert summands(i) == summands(Mul(i, j, INDEX)) == summands(i // 2) == ()
