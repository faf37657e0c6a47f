"""Layouts: every element of the tensor has its own place in the copy, and is found there."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.ir.build import const
from autosched.schedule import layout as layouts
from tests.properties import examples


@st.composite
def cases(draw: Any) -> tuple[list[int], layouts.Layout]:
    shape = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
    queues: list[list[Any]] = []
    for dimension in range(len(shape)):
        steps = draw(st.lists(st.integers(1, 3), max_size=2))
        units, unit = [], draw(st.integers(1, 3))
        for step in steps:
            unit *= step
            units.append((dimension, unit))
        queues.append([*reversed(units), dimension])
    order = draw(st.permutations([d for d, queue in enumerate(queues) for _ in queue]))
    return shape, tuple(queues[dimension].pop(0) for dimension in order)


@examples(60)
@given(cases())
def test_reading_back_what_was_kept(case: tuple[list[int], layouts.Layout]) -> None:
    shape, layout = case
    parts = layouts.parse(layout, len(shape))
    assert not isinstance(parts, str)
    extents = [const(extent) for extent in shape]
    kept = [part.extent(extents).value for part in parts]
    places = {}
    for element in product(*map(range, shape)):
        place = [part.index([const(x) for x in element]).value for part in parts]
        assert all(0 <= at < extent for at, extent in zip(place, kept, strict=True))
        places[tuple(place)] = element
    assert len(places) == len(list(product(*map(range, shape))))
    for place in product(*map(range, kept)):
        source = layouts.source_indices(parts, [const(x) for x in place], len(shape))
        inside = layouts.inside(parts, source, extents).value
        found = tuple(index.value for index in source)
        assert inside == (place in places)
        if inside:
            assert places[place] == found


def test_local_storage_has_the_vectorized_dimension_last() -> None:
    B = te.compute((8, 6, 4), lambda i, j, k: i + j + k, name="B")
    stage = te.create_schedule(B)[B]
    i, j, k = stage.op.axis
    assert layouts.local_order((i, j, k), stage.relations, stage.kinds) == (0, 1, 2)
    _, inner = stage.split(i, 4)
    stage.vectorize(inner)
    assert layouts.local_order((i, j, k), stage.relations, stage.kinds) == (1, 2, 0)


def test_lanes_that_step_over_tiles_are_not_contiguous() -> None:
    B = te.compute((8, 6), lambda i, j: i + j, name="B")
    stage = te.create_schedule(B)[B]
    i, j = stage.op.axis
    outer, _ = stage.split(i, 4)
    stage.vectorize(outer)
    assert layouts.local_order((i, j), stage.relations, stage.kinds) == (0, 1)
