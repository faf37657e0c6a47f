"""Ranges of expressions and what is proved from them."""

from __future__ import annotations

from math import prod

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import interval, prove
from autosched.ir.build import and_, cast, const, load, maximum, minimum, or_, select
from autosched.ir.dtype import INDEX, dtype
from autosched.ir.expr import Buffer, Var

i, j, n, m, io = (Var(name, INDEX) for name in ("i", "j", "n", "m", "io"))
BYTES = Buffer("bytes", (const(8),), dtype("uint8"))
WORDS = Buffer("words", (const(8),), INDEX)

RANGES = {
    "affine": (i * 3 - j * 2 + 1, (-19, 22)),
    "a variable twice": (i - i + j, (0, 10)),
    "division": (i * 5 // 3, (0, 11)),
    "division of negatives": ((i - 9) // 4, (-3, -1)),
    "remainder": ((i + j * 3) % 5, (0, 4)),
    "remainder of little": (i % 100, (0, 7)),
    "minimum": (minimum(i * 2, j), (0, 10)),
    "maximum": (maximum(i - 4, j), (0, 10)),
    "select": (select(i < n, i + 100, j), (0, 107)),
    "open above": (n * 2 + i, (2, None)),
    "open both ways": (i - n + m, (None, None)),
    "product": (n * i, (0, None)),
    "product that wraps": (prod([j] * 20), (INDEX.min_value, INDEX.max_value)),
    "narrow integers from memory": (cast(load(BYTES, (i,)), INDEX) + 1, (1, 256)),
    "indices from memory": (load(WORDS, (i,)), (None, None)),
}


def bounds() -> Bounds:
    return Bounds({i: (0, 7), j: (0, 10), n: (1, None), m: (0, None)})


def test_nothing_is_proved_of_a_product_that_wraps():
    for factors in (20, 400):  # the second is more than a float can be
        product = prod([j] * factors)
        assert prove(product >= 0, bounds()) is None
        assert prove(maximum(product, 0) - product >= 0, bounds()) is None
        assert prove(n * product <= n * n * product, bounds()) is None


@pytest.mark.parametrize("case", RANGES)
def test_an_interval(case):
    expr, expected = RANGES[case]
    assert interval(expr, bounds()) == expected


def test_a_loop_with_a_symbolic_extent_bounds_its_variable_and_its_extent():
    known = Bounds()
    known.add_loop(i, const(2), n)
    assert interval(i, known) == (2, None)
    assert interval(n, known) == (1, None)
    assert prove(i < n + 2, known) is True
    assert prove(i < n + 1, known) is None


def test_conditions_are_proved_refuted_or_unknown():
    known = bounds()
    assert prove(i < 8, known) is True
    assert prove(i > 8, known) is False
    assert prove(i < 7, known) is None
    assert prove(and_(i < 8, j < 11), known) is True
    assert prove(or_(i > 8, j < 0), known) is False


def test_a_tile_with_a_tail_stays_inside():
    known = Bounds({n: (1, None)})
    known.add_loop(io, const(0), (n + 7) // 8)
    known.add_loop(i, const(0), minimum(8, n - io * 8))
    assert prove(io * 8 + i < n, known) is True
    assert prove(i < 8, known) is True
    assert prove(io * 8 < n, known) is True
    assert prove(io * 8 + 7 < n, known) is None


def test_a_tile_that_is_moved_inside_stays_there():
    known = Bounds({n: (8, None)})
    known.add_loop(io, const(0), (n + 7) // 8)
    known.add_loop(i, const(0), const(8))
    value = minimum(io * 8, n - 8) + i
    assert prove(value < n, known) is True
    assert prove(value >= 0, known) is True


def test_facts_that_contradict_each_other_are_no_error():
    known = bounds()
    known.add_fact(and_(i < 3, i > 5, n <= 0))
    assert interval((i + j) // n, known) is not None
