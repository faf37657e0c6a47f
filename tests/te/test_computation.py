"""Blocks cover a space once, within their limit, in the order of reductions."""

import math

from hypothesis import given
from hypothesis import strategies as st

from autosched.te.computation import blocks

EXTENTS = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def points(block):
    return math.prod(count for _, count in block)


@given(EXTENTS, st.data())
def test_every_point_is_in_one_block(extents, data):
    rank = data.draw(st.integers(0, len(extents)))
    limit = data.draw(st.integers(1, 200))
    found = list(blocks(extents, rank, [range(len(extents))], limit))
    assert sum(map(points, found)) == math.prod(extents)
    assert len({tuple(first for first, _ in block) for block in found}) == len(found)
    assert all(points(block) <= limit for block in found)
    for block in found:
        assert all(
            first >= 0 and first + count <= extent
            for (first, count), extent in zip(block, extents, strict=True)
        )


@given(EXTENTS, st.integers(1, 50))
def test_points_to_reduce_come_in_order(extents, limit):
    found = list(blocks(extents, 0, [range(len(extents))], limit))
    starts = [tuple(first for first, _ in block) for block in found]
    assert starts == sorted(starts)
    for block in found:
        cut = [axis for axis, (_, count) in enumerate(block) if count < extents[axis]]
        whole_before = [axis for axis in range(max(cut, default=0)) if block[axis][1] > 1]
        assert not whole_before


def test_only_the_axes_of_a_large_operand_are_divided():
    found = list(blocks([100, 100, 10], 2, [[0, 2], [1]], 100))
    assert {block[1] for block in found} == {(0, 100)}
    assert len(found) > 1


def test_a_space_without_axes_is_one_block():
    assert list(blocks([], 0, [[]], 1)) == [()]
