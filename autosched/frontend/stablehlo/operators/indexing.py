"""Gathers of slices, slices at places that are computed, and updates there."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autosched.frontend.stablehlo.node import HloNode, converts
from autosched.frontend.stablehlo.operators.products import dialect
from autosched.frontend.stablehlo.operators.reductions import only_operation
from autosched.frontend.stablehlo.places import Windows, along_axes, are_inside, row_of
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.indexing import Gather
from autosched.graph.operators.movement import Concat, Slice
from autosched.graph.operators.scatter import ScatterElements, ScatterNd
from autosched.ir.dtype import INT64

REDUCTIONS = {
    "add": "add",
    "subtract": "add",  # of the updates with their signs changed
    "multiply": "mul",
    "maximum": "max",
    "minimum": "min",
}


@converts("gather")
def _gather(node: HloNode) -> Value:
    """Rows along one axis at an array of indices, as `x[indices]` and an embedding have it."""
    about = dialect().GatherDimensionNumbers(node.attribute("dimension_numbers"))
    x, indices = node.inputs
    sizes, shape = node.numbers("slice_sizes"), node.shape(x)
    axes, collapsed = list(about.start_index_map), list(about.collapsed_slice_dims)
    places = node.shape(indices)
    pairs = enumerate(zip(sizes, shape, strict=True))
    whole = all(size == n or axis in axes for axis, (size, n) in pairs)
    plain = len(axes) == 1 and axes == collapsed and whole and not list(about.operand_batching_dims)
    if not plain or sizes[axes[0]] != 1:
        return _gathered(node, about)
    left = [n for axis, n in enumerate(places) if axis != about.index_vector_dim]
    indices, count = node.reshape(indices, left), len(left)
    axis, last = axes[0], node.constant(shape[axes[0]] - 1)
    inside = node.emit(ar.Minimum(), node.cast(indices, INT64), last)
    inside = node.emit(ar.Maximum(), inside, node.constant(0))
    made = node.emit(Gather(axis), x, inside)
    offsets = list(about.offset_dims)
    batches = [place for place in range(node.type.rank) if place not in offsets]
    order = [0] * node.type.rank
    for number, place in enumerate(batches):
        order[place] = axis + number
    for number, place in enumerate(offsets):
        order[place] = number if number < axis else number + count
    return node.transpose(made, order)


def _gathered(node: HloNode, about: Any) -> Value:
    """Windows of any size at any places; those that reach out of the tensor are moved into it."""
    x, indices = node.inputs
    windows = Windows(
        node.shape(x),
        node.type.sizes,
        about.offset_dims,
        about.collapsed_slice_dims,
        about.operand_batching_dims,
        about.start_indices_batching_dims,
        about.start_index_map,
        about.index_vector_dim,
    )
    row = row_of(node, windows, along_axes(node, windows, indices, clamps=True))
    made = node.emit(Gather(0), node.reshape(x, [-1, windows.row]), row)
    return node.reshape(made, node.type.sizes)


@converts("scatter")
def _scatter(node: HloNode) -> Value:
    """Windows written anywhere; elements that would lie outside of the tensor are left out."""
    about = dialect().ScatterDimensionNumbers(node.attribute("scatter_dimension_numbers"))
    if len(node.inputs) != 3:
        raise node.unsupported("updates of one tensor")
    x, indices, updates = node.inputs
    windows = Windows(
        node.shape(x),
        node.shape(updates),
        about.update_window_dims,
        about.inserted_window_dims,
        about.input_batching_dims,
        about.scatter_indices_batching_dims,
        about.scattered_dims_to_operand_dims,
        about.index_vector_dim,
    )
    reduction = _reduction(node)
    places = along_axes(node, windows, indices, clamps=False)
    count = prod(windows.shape) // max(windows.row, 1)
    outside = node.constant(count)  # a row more than there are
    row = node.emit(
        ar.Where(), are_inside(node, windows, places), row_of(node, windows, places), outside
    )
    element = node.type.dtype
    more = node.constant(np.zeros((1, windows.row)), element)
    if only_operation(node) == "subtract":
        updates = node.emit(ar.Sub(), node.constant(0, element), updates)
    longer = node.emit(Concat(0), node.reshape(x, [count, windows.row]), more)
    made = node.emit(
        ScatterNd(reduction),
        longer,
        node.reshape(row, [-1, 1]),
        node.reshape(updates, [-1, windows.row]),
    )
    kept = node.emit(Slice(), made, *(node.constant([n]) for n in (0, count, 0)))
    return node.reshape(kept, windows.shape)


def _reduction(node: HloNode) -> str:
    """How an element is combined with its update."""
    block = node.operation.regions[0].blocks[0]
    if not node.body() and list(block.operations)[-1].operation.operands[0] == block.arguments[1]:
        return "none"
    kind = only_operation(node)
    if kind not in REDUCTIONS:
        ways = "written, added, subtracted, multiplied, greatest or least"
        raise node.unsupported(f"updates that are {ways}")
    return REDUCTIONS[kind]


@converts("dynamic_slice")
def _dynamic_slice(node: HloNode) -> Value:
    x, *starts = node.inputs
    sizes = node.numbers("slice_sizes")
    for axis, (start, size, n) in enumerate(zip(starts, sizes, node.shape(x), strict=True)):
        if size != n:
            x = node.emit(Gather(axis), x, _places(node, start, size, n))
    return x


def _places(node: HloNode, start: Value, size: int, extent: int) -> Value:
    """The places of a slice along an axis, which begins where it has place."""
    first = node.emit(ar.Minimum(), node.cast(start, INT64), node.constant(extent - size))
    first = node.emit(ar.Maximum(), first, node.constant(0))
    return node.emit(ar.Add(), node.constant(list(range(size))), first)


@converts("dynamic_update_slice")
def _dynamic_update_slice(node: HloNode) -> Value:
    x, update, *starts = node.inputs
    sizes, shape = node.shape(update), node.shape(x)
    moved = [axis for axis, (size, n) in enumerate(zip(sizes, shape, strict=True)) if size != n]
    if not moved:
        return update
    axis, size = moved[0], sizes[moved[0]]
    start = node.known(starts[axis])
    if len(moved) > 1 or start is None:
        return _updated(node, x, update, starts, moved)
    first = max(0, min(int(start.item()), shape[axis] - size))
    before, after = _part(node, x, axis, 0, first), _part(node, x, axis, first + size, shape[axis])
    parts = [part for part in (before, update, after) if part is not None]
    return node.emit(Concat(axis), *parts)


def _updated(
    node: HloNode, x: Value, update: Value, starts: Sequence[Value], moved: Sequence[int]
) -> Value:
    """`x` with the update in it: along the first of the axes, what the others make of a slice."""
    axis, *others = moved
    size = node.shape(update)[axis]
    places = _places(node, starts[axis], size, node.shape(x)[axis])
    if others:
        part = node.emit(Gather(axis), x, places)
        update = _updated(node, part, update, starts, others)
    column = [size if place == axis else 1 for place in range(len(node.shape(x)))]
    indices = node.expand(node.reshape(places, column), node.shape(update))
    return node.emit(ScatterElements(axis=axis), x, indices, update)


def _part(node: HloNode, x: Value, axis: int, start: int, end: int) -> Value | None:
    if start == end:
        return None
    return node.emit(Slice(), x, *(node.constant([n]) for n in (start, end, axis)))
