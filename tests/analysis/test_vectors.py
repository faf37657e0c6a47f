"""Vector indices and masks."""

from __future__ import annotations

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import prove, simplify
from autosched.ir.build import and_, broadcast, const, floordiv, floormod, lt, ramp
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Var

io, ii = Var("io", INDEX), Var("ii", INDEX)
TILE = ramp(io * 8, 1, 8)


def bounds() -> Bounds:
    return Bounds({io: (0, 14), ii: (0, 7)})


CASES = {
    "mask that holds": (lt(TILE, 120), "broadcast(True, 8)"),
    "mask that does not": (lt(TILE, 119), "ramp(io*8, 1, 8) < broadcast(119, 8)"),
    "mask of which a part holds": (and_(lt(TILE, 120), lt(ii, 3)), "broadcast(ii < 3, 8)"),
    "sum of ramps": (TILE + (TILE - ii), "ramp(io*16 - ii, 2, 8)"),
    "difference of ramps": (TILE - TILE + ii, "broadcast(ii, 8)"),
    "lanes of one tile": (floordiv(TILE, 8), "broadcast(io, 8)"),
    "lane in the tile": (floormod(TILE, 8), "ramp(0, 1, 8)"),
    "what is no ramp": (floordiv(TILE, 2), "ramp(io*8, 1, 8)//broadcast(2, 8)"),
}


@pytest.mark.parametrize("case", CASES)
def test_vectors_become_ramps_and_broadcasts(case):
    expr, expected = CASES[case]
    simple = simplify(expr, bounds())
    assert str(simple) == expected
    assert simplify(simple, bounds()) is simple


def test_a_ramp_or_broadcast_that_is_simple_stays_the_same_node():
    for expr in (TILE, broadcast(ii, 8), ramp(ii, 3, 4)):
        assert simplify(expr, bounds()) is expr


def test_a_mask_is_proved_for_all_lanes():
    assert prove(lt(TILE, 120), bounds()) is True
    assert prove(lt(TILE, 119), bounds()) is None
    assert prove(lt(TILE, broadcast(const(0), 8)), bounds()) is False
