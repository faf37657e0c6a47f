"""The named rules, each by what it prints."""

from __future__ import annotations

import pytest

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import simplify
from autosched.ir.build import and_, cast, const, load, lt, maximum, minimum, not_, or_, select
from autosched.ir.dtype import FLOAT32, INDEX, INT32
from autosched.ir.expr import Buffer, Var
from autosched.te.axis import Axis, AxisKind

io, ii, jo, ji, x, n, m, i, j = (
    Var(name, INDEX) for name in ("io", "ii", "jo", "ji", "x", "n", "m", "i", "j")
)
BUFFER = Buffer("A", (const(64), const(64)), FLOAT32)


def bounds() -> Bounds:
    known = Bounds({n: (1, None), m: (1, None), x: (0, 999)})
    for var, extent in ((io, const(16)), (ii, const(8)), (jo, const(10)), (ji, const(48))):
        known.add_loop(var, const(0), extent)
    known.add_loop(i, const(0), m)
    known.add_loop(j, const(0), n)
    return known


CASES = {
    "terms are collected": (2 * ii + jo + 3 - ii * 5 + jo, "jo*2 - ii*3 + 3"),
    "terms cancel": (io * 8 + ii - io * 8, "ii"),
    "coefficients distribute": ((ii + 1) * 4, "ii*4 + 4"),
    "products of sizes distribute": (n * (ii + 1), "n*ii + n"),
    "products have one order": (n * m - m * n, "0"),
    "split": ((jo * 48 + ji) // 48, "jo"),
    "split remainder": ((jo * 48 + ji) % 48, "ji"),
    "split with an offset": ((jo * 48 + ji + 100) // 48, "jo + (ji + 4)//48 + 2"),
    "part of a factor": ((io * 8 + ii) // 16, "io//2"),
    "remainder of a part of a factor": ((io * 8 + ii) % 16, "io%2*8 + ii"),
    "a coefficient that is nearly the divisor": ((jo * 49) // 48, "jo"),
    "nested division": (x // 4 // 6, "x//24"),
    "nested division with an offset": ((x // 4 + 3) // 6, "(x + 12)//24"),
    "division of a remainder": (x % 12 // 4, "x//4%3"),
    "remainder of a remainder": ((x % 12 + ii) % 4, "(x + ii)%4"),
    "division and remainder": (x // 7 * 7 + x % 7, "x"),
    "remainder of what differs by a multiple": ((x * 8 + jo) // 7 * 7 + (x + jo) % 7, "x*8 + jo"),
    "remainder of another number": (
        (x * 8 + jo) // 7 * 7 + (x * 2 + jo) % 7,
        "(x*8 + jo)//7*7 + (x*2 + jo)%7",
    ),
    "scaled division and remainder": (x // 7 * 14 + x % 7 * 2, "x*2"),
    "remainder from division": (x - x // 14 * 14, "x%14"),
    "unfinished fuse": ((x // 14) * 16 + x % 14, "x//14*16 + x%14"),
    "remainder in range": (ji % 50, "ji"),
    "remainder one period up": ((ji + 48) % 48, "ji"),
    "negative divisor": ((io * 8 + ii) // -8, "ii*-1//8 - io"),
    "symbolic division": ((n * i + j) // n, "i"),
    "symbolic remainder": ((n * i + j) % n, "j"),
    "symbolic division by a sum": (((n + 1) * i + j) // (n + 1), "i"),
    "minimum decided": (minimum(ii, 8), "ii"),
    "minimum of a constant difference": (minimum(io * 8 + 8, io * 8 + 3), "io*8 + 3"),
    "minimum of a tail": (minimum(8, 127 - io * 8), "min(8, 127 - io*8)"),
    "minimum of a full tile": (minimum(8, 128 - io * 8), "8"),
    "minimum of a minimum": (minimum(minimum(x, 90), 80), "min(x, 80)"),
    "sum moved into a minimum": (minimum(io * 8 + 8, 127) - io * 8, "min(8, 127 - io*8)"),
    "maximum decided": (maximum(ii - 8, 0), "0"),
    "minimum of sizes": (minimum(n * 2, n), "n"),
    "comparison proved": (io * 8 + ii < 128, "True"),
    "comparison refuted": (io * 8 + ii < 0, "False"),
    "comparison kept": (io * 8 + ii < 127, "io*8 + ii < 127"),
    "comparison rearranged": (ii < 127 - io * 8, "io*8 + ii < 127"),
    "comparison divided": (ii * 4 + jo * 2 < 7, "ii*2 + jo < 4"),
    "comparison of variables": (ii - jo <= 0, "ii <= jo"),
    "lower limit": (ii + jo - 1 >= 0, "1 <= ii + jo"),
    "comparison of a division": (x // 4 < 3, "x < 12"),
    "comparison with a minimum": (ii < minimum(8, 127 - io * 8), "ii + io*8 < 127"),
    "symbolic comparison": (i < m, "True"),
    "symbolic comparison of a flat index": (n * i + j < n * m, "True"),
    "equality of a multiple": ((ii * 4).equal(10), "False"),
    "equality out of range": (ii.equal(8), "False"),
    "equality rearranged": ((ii - 3).equal(0), "ii == 3"),
    "inequality out of range": (ii.not_equal(9), "True"),
    "conjunction": (and_(ii < 4, jo < 99, ii < 3), "ii < 3"),
    "conjunction that contradicts": (and_(ii < 4, ii > 5), "False"),
    "disjunction": (or_(ii < 3, ii < 4), "ii < 4"),
    "disjunction of everything": (or_(ii < 4, ii >= 3), "True"),
    "negation": (not_(and_(ii < 4, True)), "4 <= ii"),
    "select decided": (select(ii < 8, jo, ji), "jo"),
    "select of equals": (select(ii < 4, jo + 1, 1 + jo), "jo + 1"),
    "select of the same otherwise": (
        select(ii < 6, select(and_(ii >= 1, ii < 5), jo, 0), 0),
        "select(1 <= ii and ii < 5, jo, 0)",
    ),
    "select of the same otherwise, neither condition implies the other": (
        select(ii < 4, select(ji < 9, jo, 0), 0),
        "select(ji < 9 and ii < 4, jo, 0)",
    ),
    "select of another otherwise": (
        select(ii < 4, select(ji < 9, jo, 1), 0),
        "select(ii < 4, select(ji < 9, jo, 1), 0)",
    ),
    "select of the same otherwise, under a limit": (
        select(x >= 1, select(100 // x < 9, jo, 0), 0),
        "select(1 <= x, select(100//x < 9, jo, 0), 0)",
    ),
    "select under its condition": (
        select(ii < 4, minimum(ii, 3), ii // 4),
        "select(ii < 4, ii, 1)",
    ),
    "cast and back": (cast(cast(ii, "int32"), INDEX) + 1, "ii + 1"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_fires(case):
    expr, expected = CASES[case]
    simple = simplify(expr, bounds())
    assert str(simple) == expected
    assert simplify(simple, bounds()) is simple


def test_what_is_simple_already_is_the_same_node():
    for expr in (io * 8 + ii, x // 4, io * 8 + ii < 127, minimum(8, 127 - io * 8), n * i + j):
        assert simplify(expr, bounds()) is expr


def test_without_bounds_only_structure_counts():
    assert str(simplify((ii * 8 + 4) // 4)) == "ii*2 + 1"
    assert str(simplify(ii % 8)) == "ii%8"


def test_an_axis_is_a_variable():
    axis = Axis("k", INDEX, const(0), const(48), AxisKind.REDUCE)
    known = Bounds()
    known.add_loop(axis, axis.start, axis.extent)
    assert simplify((jo * 48 + axis) // 48, known) is jo


def test_a_fact_decides_what_it_implies():
    known = bounds()
    known.add_fact(io * 8 + ii < 100)
    assert str(simplify(io * 8 + ii < 101, known)) == "True"
    assert str(simplify(minimum(io * 8 + ii, 99), known)) == "io*8 + ii"
    assert str(simplify(io < 13, known)) == "True"
    assert str(simplify(io < 12, known)) == "io < 12"


def test_a_copy_learns_nothing_from_the_original_and_teaches_it_nothing():
    outer = bounds()
    inner = outer.copy()
    inner.add_fact(ii < 3)
    assert str(simplify(ii < 4, inner)) == "True"
    assert str(simplify(ii < 4, outer)) == "ii < 4"


def test_floats_stay_but_for_the_indices_and_conditions_inside():
    value = load(BUFFER, (io * 8 + ii - io * 8, jo)) * 0.0 + 0.0
    assert str(simplify(value, bounds())) == "A[ii, jo] * 0.0 + 0.0"
    guarded = select(lt(ii, 8), value, const(0.0))
    assert str(simplify(guarded, bounds())) == "A[ii, jo] * 0.0 + 0.0"
    plain = load(BUFFER, (ii, jo)) * 0.0
    assert simplify(plain, bounds()) is plain


def test_values_from_memory_may_wrap_so_that_only_sums_are_rewritten():
    table = Buffer("table", (const(64),), INDEX)
    read = load(table, (ii,))
    for expr in (read * 4 // 4, read < read + 1, minimum(read + 1, read)):
        assert simplify(expr, bounds()) is expr
    assert str(simplify(read + jo - read, bounds())) == "jo"


def test_values_from_memory_keep_their_place_in_a_minimum_and_under_a_division():
    table = Buffer("table", (const(64),), INDEX)
    read = load(table, (ii,))
    for expr in (minimum(read + 1, jo + 1) - 1, maximum(read, jo) - read, read // -7, read % -7):
        assert simplify(expr, bounds()) is expr


def test_products_of_narrow_values_from_memory_may_wrap_too():
    table = Buffer("table", (const(64),), INT32)
    a, b = cast(load(table, (ii,)), INDEX), cast(load(table, (jo,)), INDEX)
    for expr in (a * b * 8 // 8, a * (1 << 40) // (1 << 40), a * b * 8 < a * b * 4):
        assert simplify(expr, bounds()) is expr
    assert simplify(a * 8 // 8, bounds()) is a


def test_a_value_from_memory_is_no_fact():
    table = Buffer("table", (const(64),), INDEX)
    known = bounds()
    known.add_fact(load(table, (ii,)) < 3)
    condition = load(table, (ii,)) < 3
    assert simplify(condition, known) is condition


def test_both_sides_of_a_conjunction_are_evaluated_so_a_read_keeps_its_limits():
    table = Buffer("table", (const(8),), INDEX)
    below = load(table, (maximum(x - 2, 0),)) < 3
    assert str(simplify(and_(x >= 2, below), bounds())) == "2 <= x and table[max(x - 2, 0)] < 3"
    assert str(simplify(or_(x < 2, below), bounds())) == "x < 2 or table[max(x - 2, 0)] < 3"
    chosen = select(x >= 2, load(table, (maximum(x - 2, 0),)), const(0, INDEX))
    assert str(simplify(chosen, bounds())) == "select(2 <= x, table[x - 2], 0)"
    again = select(x >= 2, select(below, jo, 0), 0)
    assert str(simplify(again, bounds())) == "select(2 <= x, select(table[x - 2] < 3, jo, 0), 0)"
