"""What the values of knobs do to a schedule."""

import pytest

from autosched import te
from autosched.errors import WorkloadError
from autosched.ops.templates.values import (
    AnnotationValue,
    ChoiceValue,
    OrderValue,
    SplitValue,
    UnrollValue,
)
from autosched.schedule import primitives as p


def doubled():
    A = te.placeholder((12, 8), name="A")
    B = te.compute((12, 8), lambda i, j: A[i, j] * 2.0, name="B")
    return te.create_schedule(B.op), B


def test_a_split_gives_a_loop_for_each_extent():
    s, B = doubled()
    i, j = s[B].op.axis
    loops = SplitValue((2, 3, 2)).apply(s, B, i)
    assert s.trace == [p.Split(1, 0, 6), p.Split(1, 3, 2)]
    assert [loop.name for loop in s[B].leaves] == [*(loop.name for loop in loops), j.name]


def test_a_split_into_one_part_leaves_the_loop():
    s, B = doubled()
    i, _ = s[B].op.axis
    assert SplitValue((12,)).apply(s, B, i) == [i]
    assert not s.trace


def test_an_order_moves_the_loops():
    s, B = doubled()
    i, j = s[B].op.axis
    assert OrderValue((1, 0)).apply(s, B, [i, j]) == [j, i]
    assert s.trace == [p.Reorder(1, (1, 0))]


def test_annotations_keep_to_the_greatest_and_the_allowed_extents():
    s, B = doubled()
    axes = list(s[B].op.axis)
    value = AnnotationValue(("unroll", "vec"))
    value.apply(s, B, axes, axis_lens=[12, 8], max_unroll=8, vec_size=[4])
    assert not s.trace
    value.apply(s, B, axes, axis_lens=[12, 8], max_unroll=16, vec_size=[8])
    assert s.trace == [p.Unroll(1, 0), p.Vectorize(1, 1)]


def test_a_loop_is_parallel_or_unrolled_on_demand():
    s, B = doubled()
    i, j = s[B].op.axis
    AnnotationValue(("parallel", "none")).apply(s, B, [i, j])
    assert UnrollValue(False).apply(s, B, j) is j
    UnrollValue(True).apply(s, B, j)
    assert s.trace == [p.Parallel(1, 0), p.Unroll(1, 1)]


def test_a_plain_value_is_not_applied():
    with pytest.raises(WorkloadError, match="expected the value of a knob of plain values"):
        ChoiceValue(4).apply()
