"""Extents pushed to the loops, values pulled from them, and which axes live on in which."""

from __future__ import annotations

from itertools import product

import pytest

from autosched import te
from autosched.ir.build import as_expr
from autosched.schedule.relations import (
    EXPRESSIONS,
    Arithmetic,
    AxisFusion,
    AxisSplit,
    carried,
    origins,
    pull,
    push,
    splits,
)
from autosched.schedule.schedule import Stage
from autosched.schedule.tail import TAILS
from autosched.te.axis import Axis

INTEGERS: Arithmetic[int] = Arithmetic(lambda a, b: -(-a // b), min, 1)


def _stage() -> Stage:
    a = te.placeholder((8, 6), name="A")
    b = te.compute((8, 6), lambda i, j: a[i, j] + te.const(1, a.dtype), name="B")
    stage: Stage = te.create_schedule(b)[b]
    return stage


def test_a_split_carries_its_parent_in_both_parts_and_a_fuse_both_its_axes() -> None:
    stage = _stage()
    i, j = stage.op.axis
    outer, inner = stage.split(j, 3)
    both = stage.fuse(i, outer)
    found = carried(stage.relations, (i, j))
    assert found[inner] == {j}
    assert found[both] == {i, j}
    assert found[i] == {i}


def test_what_steps_by_ones_is_on_the_inner_sides() -> None:
    stage = _stage()
    i, j = stage.op.axis
    outer, inner = stage.split(j, 3)
    stage.reorder(outer, i, inner)
    both = stage.fuse(i, inner)
    found = carried(stage.relations, (i, j), outer=False)
    assert outer not in found
    assert found[both] == {j}


def test_what_counts_the_largest_steps_is_on_the_outer_sides() -> None:
    stage = _stage()
    i, j = stage.op.axis
    outer, inner = stage.split(i, 3)
    both = stage.fuse(outer, inner)
    found = carried(stage.relations, (i,), inner=False)
    assert inner not in found
    assert found[both] == {i}
    assert j not in found


def test_seeds_may_begin_in_the_middle() -> None:
    stage = _stage()
    i, _ = stage.op.axis
    outer, inner = stage.split(i, 4)
    outermost, _ = stage.split(outer, 2)
    found = carried(stage.relations, (outer,))
    assert found[outermost] == {outer}
    assert inner not in found


def test_origins_are_what_an_axis_is_made_from() -> None:
    stage = _stage()
    i, j = stage.op.axis
    outer, inner = stage.split(j, 3)
    both = stage.fuse(i, outer)
    assert origins(stage.relations, both) == {both, i, outer, j}
    assert origins(stage.relations, inner) == {inner, j}
    assert origins(stage.relations, inner, inner=False) == {inner}
    assert origins(stage.relations, both, inner=False) == {both, i, outer, j}


@pytest.mark.parametrize("factor", [1, 3, 4, 7, 100])
def test_the_loops_reach_every_point_once(factor: int) -> None:
    """Extents are pushed, values pulled: all points of the roots, and those a split overruns."""
    stage = _stage()
    i, j = stage.op.axis
    both = stage.fuse(i, j)
    stage.split(both, factor)
    extents = {i: 8, j: 6}
    push(stage.relations, extents, INTEGERS, lambda split, whole: factor)
    assert extents[both] == 48
    points = []
    for leaves in product(*(range(extents[leaf]) for leaf in stage.leaves)):
        values: dict[Axis, int] = dict(zip(stage.leaves, leaves, strict=True))
        pull(
            stage.relations,
            values,
            lambda split, outer, inner: split.point(outer, inner, extents[split.inner]),
            lambda fusion, fused: fusion.point(fused, extents[fusion.inner]),
        )
        points.append((values[i], values[j]))
    assert points[:48] == list(product(range(8), range(6)))
    assert len(points) - 48 == -48 % min(factor, 48)


def test_points_of_a_fused_axis_cover_whole_rows_or_a_part_of_one() -> None:
    stage = _stage()
    stage.fuse(*stage.op.axis)
    (fusion,) = stage.relations
    assert isinstance(fusion, AxisFusion)
    assert fusion.counts(18, 6, INTEGERS) == (3, 6)
    assert fusion.counts(4, 6, INTEGERS) == (1, 4)


def test_a_tile_is_no_larger_than_the_extent_where_both_are_known() -> None:
    n = te.var("n")
    few, many = te.const(3, "int64"), te.const(8, "int64")
    assert EXPRESSIONS.least(many, few) is few
    assert EXPRESSIONS.least(few, many) is few
    assert EXPRESSIONS.least(few, n) is few


def test_a_split_is_even_where_that_is_known() -> None:
    n = te.var("n")
    for extent, factor, is_even in ((8, 4, True), (8, 3, False), (n, 4, False), (n, n, True)):
        axis = te.compute((extent,), lambda i: i, name="B").op.axis[0]
        assert AxisSplit.of(axis, as_expr(factor), TAILS["guard"]).is_even is is_even


def test_only_the_splits_of_the_relations() -> None:
    stage = _stage()
    outer, inner = stage.split(stage.op.axis[1], 3)
    stage.fuse(outer, inner)
    assert [split.outer for split in splits(stage.relations)] == [outer]


def test_a_loop_made_of_no_axis_has_one_point_and_no_value() -> None:
    stage = _stage()
    i, j = stage.op.axis
    unit = stage.fuse()
    assert (stage.leaves, stage.relations[0].sources) == ([unit, i, j], ())
    extents = {i: 8, j: 6}
    push(stage.relations, extents, INTEGERS, lambda split, whole: 1)
    assert extents[unit] == 1
    assert carried(stage.relations, [i]) == {i: frozenset((i,))}
    assert origins(stage.relations, unit) == {unit}
    values = {unit: 0, i: 2, j: 3}
    pull(stage.relations, values, lambda *_: 0, lambda *_: (0, 0))
    assert values == {unit: 0, i: 2, j: 3}
