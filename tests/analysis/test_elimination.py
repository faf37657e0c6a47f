"""Quotients and remainders by symbolic sizes, as of loops that were fused."""

from __future__ import annotations

import itertools

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import prove, simplify
from autosched.ir import build as b
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, Var
from autosched.ir.rewrite import substitute

H, W, P = (Var(name, INDEX) for name in "hwp")
TILES = (W + 15) // 16


def fused(*extents: Expr) -> Bounds:
    """The scope of a loop over the points of several axes together."""
    count: Expr = b.const(1)
    for extent in extents:
        count = b.mul(count, extent)
    return Bounds({H: (1, None), W: (1, None)}).inside(P, b.const(0), count)


@pytest.mark.parametrize(
    ("extents", "condition"),
    [
        ((b.const(64), TILES), P // TILES < 64),
        ((b.const(64), TILES), P % TILES < TILES),
        ((H, TILES), P // TILES < H),
        ((H, TILES), P // TILES // H < 1),
        ((H, TILES), P // TILES % H < H),
        ((b.const(3), H, TILES), P // TILES // H < 3),
    ],
    ids=str,
)
def test_numbers_of_fused_axes_are_below_their_extents(
    extents: tuple[Expr, ...], condition: Expr
) -> None:
    assert prove(condition, fused(*extents)) is True


@pytest.mark.parametrize(
    "condition", [P // TILES < 63, P % TILES < TILES - 1, P // (TILES + 1) < 31, P // H < 64]
)
def test_what_does_not_always_hold_is_not_proved(condition: Expr) -> None:
    """Each fails for a point with sizes of at most 40."""
    bounds = fused(b.const(64), TILES)
    assert prove(condition, bounds) is None
    found = set()
    for h, w in itertools.product((1, 2, 40), (1, 17, 40)):
        for p in range(64 * ((w + 15) // 16)):
            values = {H: b.const(h), W: b.const(w), P: b.const(p)}
            value = simplify(substitute(condition, values), Bounds())
            assert type(value) is Const
            found.add(bool(value.value))
    assert found == {True, False}


def test_a_divisor_that_may_be_negative_bounds_nothing() -> None:
    bounds = Bounds().inside(P, b.const(0), b.mul(H, b.const(64)))
    assert prove(P // H < 64, Bounds({P: (0, None)})) is None
    assert prove(P % W < W, bounds) is None


def test_the_second_of_two_divisions_is_left_out() -> None:
    bounds = fused(H, TILES)
    assert str(simplify(P // TILES // H, bounds)) == "0"
    assert str(simplify(P // TILES % H, bounds)) == str(P // TILES)
