"""The elements and cache lines that an access touches while some loops run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from autosched.cost_model.features.index import Index
from autosched.cost_model.features.numbers import Extent, Value, ceil_div, least
from autosched.cost_model.features.structure import Access, Nest
from autosched.target.target import LINE_BYTES
from autosched.te.axis import Axis


class Sizes(Protocol):
    """What is known of sizes in a population of candidates."""

    def number(self, extent: Extent) -> Value: ...

    def sweep(self, index: Index, swept: Mapping[Axis, Any]) -> tuple[Value, Value]: ...

    def buffer_shape(self, nest: Nest) -> dict[Axis, Value]: ...


@dataclass(frozen=True, slots=True)
class Touched:
    """The number of elements, and of the cache lines they lie on: upper bounds."""

    elements: Any
    lines: Any

    @property
    def line_bytes(self) -> Any:
        return self.lines * LINE_BYTES


def touched(population: Sizes, access: Access, swept: Mapping[Axis, Any]) -> Touched:
    """Return what `access` touches while its axes cover `swept`.

    The elements are the product over the dimensions of the values that each index takes. The
    lines are those of contiguous runs; a run continues across a dimension that is covered whole.
    """
    shape = stored_shape(population, access)
    elements: Value = 1.0
    rows: Value = 1.0
    run: Value = 1.0
    whole: Value = 1.0  # 1 as long as every dimension further in is covered, else 0
    for place in range(len(access.dims) - 1, -1, -1):
        count, span = population.sweep(access.dims[place], swept)
        is_dense = count is span
        span = least(span, shape[place])
        count = span if is_dense else least(count, shape[place])
        if place == len(access.dims) - 1:
            elements, run = count, span
        else:
            elements = elements * count
            run = run * (1.0 + (span - 1.0) * whole)
            rows = rows * (1.0 + (count - 1.0) * (1.0 - whole))
        if place:
            whole = whole * (span >= shape[place])
    lines = least(rows * ceil_div(run * access.bytes, LINE_BYTES), elements)
    return Touched(elements, lines)


def stored_shape(population: Sizes, access: Access) -> list[Value]:
    """Return the extents of the storage, in its order."""
    source = access.source
    if source is None or source.is_output:
        return [population.number(extent) for extent in access.shape]
    shape = population.buffer_shape(source)
    return [shape[source.data[dimension]] for dimension in access.order]


def stride(population: Sizes, access: Access, axis: Axis) -> Value:
    """Return the elements between two steps along an axis; 0 where the access does not move.

    Of a dimension split into tiles, the index inside a tile counts, not the number of the tile.
    """
    shape = stored_shape(population, access)
    pitch: Value = 1.0
    found: Value = 0.0
    for place in range(len(access.dims) - 1, -1, -1):
        index = access.dims[place]
        if isinstance(index.unit, int) and index.unit == 1:
            for source, coefficient in index.terms:
                if source is axis:
                    found = found + population.number(coefficient) * pitch
                elif not isinstance(source, Axis) and axis in source.axes:
                    found = found + shape[place] * pitch
        pitch = pitch * shape[place]
    return found
