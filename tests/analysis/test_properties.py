"""What holds of every expression: values stay, ranges contain, proofs are right."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autosched.analysis.affine import to_linear
from autosched.analysis.regions import relax, union
from autosched.analysis.simplify import interval, prove, simplify
from autosched.ir.build import const, floordiv, lt, maximum, select
from tests.analysis.expressions import (
    RANGES,
    A,
    B,
    N,
    conditions,
    indices,
    numeric_bounds,
    points,
    symbolic_bounds,
    symbolic_points,
    value,
)
from tests.properties import examples

MOST = (1 << 63) - 1
WORLDS = [(numeric_bounds, points), (symbolic_bounds, symbolic_points)]


@pytest.mark.parametrize(("make_bounds", "world"), WORLDS, ids=["numeric", "symbolic"])
@given(expr=st.one_of(indices(), conditions()))
@example(expr=lt(A - N * 2, floordiv(B, -3)))
def test_simplify_keeps_the_value_and_is_done_at_once(make_bounds, world, expr):
    bounds = make_bounds()
    simple = simplify(expr, bounds)
    assert all(value(simple, point) == value(expr, point) for point in world())
    assert simplify(simple, make_bounds()) is simple


@pytest.mark.parametrize(("make_bounds", "world"), WORLDS, ids=["numeric", "symbolic"])
@examples(400)
@given(expr=st.one_of(indices(large=True), conditions(large=True)))
@example(expr=floordiv(select(B <= A, A, -MOST - 1), -3) * -6)
@example(expr=lt(floordiv(select(A < A * 2, A, MOST), -1), B))
@example(expr=lt(0, N * select(A < N, MOST, A)))
def test_simplify_keeps_the_value_where_numbers_wrap(make_bounds, world, expr):
    simple = simplify(expr, make_bounds())
    for point in world():
        assert value(simple, point) == value(expr, point)


@pytest.mark.parametrize(("make_bounds", "world"), WORLDS, ids=["numeric", "symbolic"])
@given(expr=indices(large=True), condition=conditions(large=True))
@example(expr=maximum(A, MOST // 2 + 9) + MOST // 2, condition=A < B)
@example(expr=maximum(A, MOST // 2 + 9) * -6, condition=B < A)
def test_ranges_and_proofs_hold_where_numbers_wrap(make_bounds, world, expr, condition):
    low, high = interval(expr, make_bounds())
    proved = prove(condition, make_bounds())
    for point in world():
        found = value(expr, point)
        assert low is None or low <= found
        assert high is None or found <= high
        assert proved is None or bool(value(condition, point)) is proved


@given(fact=conditions(large=True), expr=st.one_of(indices(large=True), conditions(large=True)))
def test_simplify_under_a_fact_that_wraps_keeps_the_value_where_it_holds(fact, expr):
    check_simplified_under(fact, expr)


@given(expr=indices(large=True))
@example(expr=floordiv(B, MOST))
def test_a_swept_range_holds_every_value_where_numbers_wrap(expr):
    relaxed = {
        var: (const(RANGES[var][0]), const(RANGES[var][1] - RANGES[var][0] + 1)) for var in (A, B)
    }
    swept = relax(expr, relaxed, numeric_bounds())
    if swept is None:
        return
    for point in points():
        low, extent = (value(part, {N: point[N]}) for part in swept)
        assert low <= value(expr, point) < low + extent


@given(expr=indices())
def test_a_linear_form_has_the_value_of_its_expression(expr):
    again = to_linear(expr).to_expr()
    assert all(value(again, point) == value(expr, point) for point in points())


@pytest.mark.parametrize(("make_bounds", "world"), WORLDS, ids=["numeric", "symbolic"])
@given(expr=indices())
def test_an_interval_holds_every_value(make_bounds, world, expr):
    low, high = interval(expr, make_bounds())
    values = [value(expr, point) for point in world()]
    assert low is None or low <= min(values)
    assert high is None or max(values) <= high


@pytest.mark.parametrize(("make_bounds", "world"), WORLDS, ids=["numeric", "symbolic"])
@given(condition=conditions())
def test_what_is_proved_holds(make_bounds, world, condition):
    proved = prove(condition, make_bounds())
    if proved is not None:
        assert all(bool(value(condition, point)) is proved for point in world())


def check_simplified_under(fact, expr):
    """The simplified `expr` has the value of `expr` wherever `fact` holds."""
    bounds = numeric_bounds()
    bounds.add_fact(fact)
    simple = simplify(expr, bounds)
    for point in points():
        if value(fact, point):
            assert value(simple, point) == value(expr, point)


@given(fact=conditions(), expr=st.one_of(indices(), conditions()))
def test_simplify_under_a_fact_keeps_the_value_where_the_fact_holds(fact, expr):
    check_simplified_under(fact, expr)


@given(expr=indices())
def test_a_swept_range_holds_every_value(expr):
    extents = {var: high - low + 1 for var, (low, high) in RANGES.items()}
    relaxed = {var: (const(RANGES[var][0]), const(extents[var])) for var in (A, B)}
    swept = relax(expr, relaxed, numeric_bounds())
    assert swept is not None
    for point in points():
        low, extent = (value(part, {N: point[N]}) for part in swept)
        assert low <= value(expr, point) < low + extent


@given(expr=indices())
def test_a_swept_range_of_symbolic_extent_holds_every_value(expr):
    swept = relax(expr, {A: (const(0), N), B: (A, N)}, symbolic_bounds())
    if swept is None:
        return
    for point in symbolic_points():
        low, extent = (value(part, {N: point[N]}) for part in swept)
        assert low <= value(expr, point) < low + extent


@given(a=indices(), b=indices(), extents=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_a_union_holds_both_ranges(a, b, extents):
    ranges = tuple((first, const(extent)) for first, extent in zip((a, b), extents, strict=True))
    low, extent = union(*ranges, numeric_bounds())
    for point in points():
        first, end = value(low, point), value(low, point) + value(extent, point)
        for start, count in ranges:
            begin = value(start, point)
            assert first <= begin
            assert begin + value(count, point) <= end
