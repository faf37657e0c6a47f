"""The scopes of an environment: made once, kept with what they found."""

from __future__ import annotations

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import linear, prove, simplify
from autosched.ir.build import const, le, lt, not_
from tests.ir.nests import var

i, j, n = var("i"), var("j"), var("n")
EIGHT = const(8)


def test_a_scope_is_made_once():
    bounds = Bounds({i: (0, 15)})
    low = lt(i, EIGHT)
    assert bounds.where(low) is bounds.where(low)
    assert bounds.where(not_(low)) is bounds.where(not_(low))
    assert bounds.where(not_(low)) is not bounds.where(low)
    assert bounds.inside(j, i, EIGHT) is bounds.inside(j, i, EIGHT)
    assert bounds.inside(j, i, EIGHT) is not bounds.inside(j, i, n)


def test_a_scope_adds_to_the_facts_around_it_alone():
    bounds = Bounds({i: (0, 15)})
    low = lt(i, EIGHT)
    assert prove(low, bounds.where(low)) is True
    assert prove(low, bounds.where(not_(low))) is False
    assert prove(low, bounds) is None
    inner = bounds.where(low).inside(j, i, EIGHT)
    assert prove(lt(j, const(15)), inner) is True
    assert prove(lt(j, const(15)), bounds.inside(j, i, EIGHT)) is None


def test_facts_that_come_later_hold_in_scopes():
    bounds = Bounds({i: (0, 15)})
    goal, low = lt(i, const(4)), lt(i, EIGHT)
    assert prove(goal, bounds.where(low)) is None
    bounds.add_range(i, 0, 3)
    assert prove(goal, bounds.where(low)) is True


def test_facts_of_open_sums_are_not_missed_by_what_was_found_before():
    bounds = Bounds()
    goal = le(i, n)
    assert prove(goal, bounds) is None
    bounds.add_fact(lt(i, n))
    assert prove(goal, bounds) is True


def test_results_are_kept_as_they_are():
    bounds = Bounds({i: (0, 7)})
    once = simplify((i * 8 + 3) // 8, bounds)
    assert once is i
    longer = simplify(i * 4 + (i + 8) // 8, bounds)
    assert simplify(longer, bounds) is longer


def test_tiles_of_a_size_are_as_few_as_the_size_allows():
    """Their products, such as the number of tiles of two dimensions, are sizes then."""
    rows, columns = (n + 111) // 112, (n + 7) // 8
    bounds = Bounds({n: (1, None)}).inside(i, const(0), rows * columns)
    assert not bounds.may_wrap(linear((i // columns) % rows * 112 + j, bounds))
