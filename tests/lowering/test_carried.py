"""Which axes live on in which."""

from __future__ import annotations

from autosched import te
from autosched.lowering.carried import carried
from autosched.schedule.stage import Stage


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
