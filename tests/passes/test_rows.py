"""Which conditions choose an address for so many products that they need no copy of the loops."""

from __future__ import annotations

import pytest

from autosched.ir.build import and_, const, load, select
from autosched.ir.pragma import Partitioned
from autosched.ir.stmt import For, Function, If, Stmt, Store
from autosched.ir.traverse import iter_stmts
from autosched.passes.partition import partition
from autosched.passes.rows import FEWEST_PRODUCTS, chosen_by_row
from autosched.passes.unswitch import unswitch
from tests.ir.nests import buffer, loop, store, var
from tests.passes.nests import V4

A, W, T = buffer("A", 64, 64), buffer("W", 64, 64), buffer("T", 64, 64)
y, k, r, w = var("y"), var("k"), var("r"), var("w")
ROW = const(1) <= y + k
POINTS = FEWEST_PRODUCTS // 2
"""With a sum each, and two taps."""


def tile(points: int = POINTS, *, lanes: int = 4, value=None, update=None, condition=None) -> Stmt:
    """Sums of products for some points of a row, in vectors of channels."""
    c = var("c")
    here = load(T, (w, c))
    value = load(A, (y + k - 1, w + r)) if value is None else value
    factor = select(ROW if condition is None else condition, value, 0.0)
    product = factor * load(W, (k, c))
    change = here + product if update is None else update(here, product)
    channels = loop(c, lanes, store(T, [w, c], change), kind="vectorized")
    return loop(r, 2, loop(w, points, channels, kind="unrolled"), kind="unrolled")


def depthwise(stride: int) -> Stmt:
    """Sums of products for points of a row in vectors, over two taps and for some channels."""
    c = var("c")
    factor = select(ROW, load(A, (y + k - 1, w * stride + r)), 0.0)
    add = store(T, [c, w], load(T, (c, w)) + factor * load(W, (c, r)))
    points = loop(w, 4, add, kind="vectorized")
    return loop(r, 2, loop(c, POINTS, points, kind="unrolled"), kind="unrolled")


def is_chosen(stmt: Stmt) -> bool:
    return bool(chosen_by_row(stmt, V4))


def test_a_row_of_many_products_is() -> None:
    assert is_chosen(tile())
    assert is_chosen(tile(condition=and_(ROW, w < 5)))
    assert is_chosen(tile(POINTS // 4, lanes=13)), "a fourth vector for the last channel"
    assert is_chosen(depthwise(1))


@pytest.mark.parametrize(
    "stmt",
    [
        tile(POINTS - 1),
        tile(V4.vector_registers),
        tile(V4.vector_registers // 2 - 1, lanes=8),
        tile(value=load(A, (w, y + k - 1))),
        tile(value=load(A, (y, w)) * 2.0),
        tile(update=lambda here, product: product),
        tile(condition=const(1) <= w + k),
        depthwise(2),
    ],
    ids=[
        "few products",
        "more sums than registers",
        "points that registers hold for two vectors",
        "points on rows of their own",
        "more than an element",
        "no sum",
        "points",
        "every second element",
    ],
)
def test_others_are_not(stmt: Stmt) -> None:
    assert not is_chosen(stmt)


def test_a_condition_has_a_copy_if_any_place_needs_it() -> None:
    few = loop(w, 2, store(T, [w, 0], select(ROW, load(A, (y, w)), 0.0)), kind="unrolled")
    assert not is_chosen(loop(k, 3, If(k < 2, tile(), few)))


def copies(points: int, run) -> int:
    """The number of places in which the nest updates its tile after a pass."""
    nest = loop(y, 8, loop(k, 3, tile(points)))
    marked = For(nest.var, nest.start, nest.extent, nest.kind, nest.body, (Partitioned(),))
    function = run(Function("main", (A, W, T), (T,), (), marked), V4)
    return sum(1 for stmt in iter_stmts(function.body) if type(stmt) is Store)


@pytest.mark.parametrize("run", [partition, unswitch])
def test_passes_make_no_copy_for_them(run) -> None:
    assert (copies(POINTS, run), copies(POINTS - 1, run)) == (1, 2)
