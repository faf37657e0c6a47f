"""Reads and writes at places that tensors of indices give."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.frontend.torch.operators.movement import END, sliced
from autosched.frontend.torch.sizes import Extent
from autosched.graph.graph import Value
from autosched.graph.operators import indexing as ix
from autosched.graph.operators.arithmetic import Where
from autosched.graph.operators.movement import Concat, Expand
from autosched.graph.operators.scatter import ScatterElements, ScatterNd
from autosched.ir.dtype import INT64, DType


@converts("index_select")
def _index_select(node: TorchNode) -> Value:
    index = node.reshape(node.value("index"), [-1])
    if not node.rank():
        return node.value("self")
    return node.emit(ix.Gather(node.axis()), node.value("self"), index)


@converts("gather")
def _gather(node: TorchNode) -> Value:
    x, index = node.value("self"), node.value("index")
    if not node.rank() or not node.rank("index"):
        x = node.reshape(x, [-1])
        flat = node.emit(ix.GatherElements(0), x, node.reshape(index, [-1]))
        return node.reshape(flat, node.shape)
    return node.emit(ix.GatherElements(node.axis()), x, index)


class _Places:
    """What a list of indices says: the axes that have one, and all of them as tuples."""

    def __init__(self, node: TorchNode):
        rank = node.rank()
        metas = node.metas("indices")
        given = node["indices"]
        self.axes = [axis for axis, meta in enumerate(metas) if meta is not None]
        if any(not meta.dtype.is_signed for meta in metas if meta is not None):
            raise node.unsupported("indices that are no mask")
        self.others = [axis for axis in range(rank) if axis not in self.axes]
        chosen = [given[axis] for axis in self.axes]
        shapes = [metas[axis].shape for axis in self.axes]
        import torch

        wide = torch.broadcast_shapes(*shapes)
        self.shape: list[Extent] = [node.sizes.extent(size) for size in wide]
        self.single = chosen[0] if len(chosen) == 1 else None
        target = node.sizes.array(self.shape)
        parts = []
        for value, shape in zip(chosen, shapes, strict=True):
            value = node.operand(value, INT64)
            if tuple(shape) != tuple(wide):
                value = node.emit(Expand(), value, target)
            parts.append(node.reshape(value, [*self.shape, 1]))
        self.tuples = parts[0] if len(parts) == 1 else node.emit(Concat(len(wide)), *parts)
        first, last = self.axes[0], self.axes[-1]
        is_run = last - first + 1 == len(self.axes)
        self.before = first if is_run else 0
        """Axes of the result before those of the indices."""

    @property
    def to_front(self) -> list[int]:
        """The order of axes that has those with an index first."""
        return [*self.axes, *self.others]

    @property
    def from_front(self) -> list[int]:
        """The order that moves the axes of indices, which are first, to their place."""
        count = len(self.shape)
        rest = list(range(count, count + len(self.others)))
        return [*rest[: self.before], *range(count), *rest[self.before :]]


@converts("index.Tensor", "_unsafe_index")
def _index(node: TorchNode) -> Value:
    x = node.value("self")
    if all(meta is None for meta in node.metas("indices")):
        return x
    places = _Places(node)
    if places.single is not None:
        return node.emit(ix.Gather(places.axes[0]), x, places.single)
    moved = node.transpose(x, places.to_front)
    found = node.emit(ix.GatherNd(), moved, places.tuples)
    return node.transpose(found, places.from_front)


@converts("index_put", "_unsafe_index_put")
def _index_put(node: TorchNode) -> Value:
    x, values = node.value("self"), node.value("values")
    masks = [meta for meta in node.metas("indices") if meta is not None]
    if len(masks) == 1 and str(masks[0].dtype) == "torch.bool" and not node["accumulate"]:
        return _masked_put(node)
    places = _Places(node)
    shape = node.extents(x)
    written = [*places.shape, *(shape[axis] for axis in places.others)]
    order = places.from_front
    as_result = [written[axis] for axis in order]
    updates = node.emit(Expand(), values, node.sizes.array(as_result))
    updates = node.transpose(updates, _inverse(order))
    moved = node.transpose(x, places.to_front)
    operator = ScatterNd("add" if node["accumulate"] else "none")
    found = node.emit(operator, moved, places.tuples, updates)
    return node.transpose(found, _inverse(places.to_front))


def _masked_put(node: TorchNode) -> Value:
    """Write values that do not depend on how many elements of the mask hold."""
    (first,) = (n for n, meta in enumerate(node.metas("indices")) if meta is not None)
    mask, values = node["indices"][first], node.value("values")
    mask_rank = len(node.metas("indices")[first].shape)
    shape, rank = node.extents(values), node.rank("values")
    after = node.rank() - first - mask_rank
    if rank > after:
        if shape[rank - after - 1] != 1:
            raise node.unsupported("one value for all elements of a mask")
        wide = [*shape[: rank - after - 1], *[1] * mask_rank, *shape[rank - after :]]
        values = node.reshape(values, wide)
    mask_shape = [node.sizes.extent(size) for size in node.metas("indices")[first].shape]
    mask = node.reshape(mask, [*mask_shape, *[1] * after])
    return node.emit(Where(), mask, node.operand(values, node.dtype), node["self"])


def _inverse(order: list[int]) -> list[int]:
    return [order.index(axis) for axis in range(len(order))]


@converts("scatter", "scatter_add", "scatter_reduce")
def _scatter(node: TorchNode) -> Value:
    kind = node.kind.split(".")[1]
    names = {"add": "add", "sum": "add", "multiply": "mul", "prod": "mul", "amax": "max",
             "amin": "min", "": "none", None: "none"}  # fmt: skip
    wanted = "add" if kind == "scatter_add" else node.get("reduce", "")
    if wanted not in names or not node.rank():
        raise node.unsupported("sums, products or extrema")
    index = node.value("index")
    shape = node.extents(index)
    source = node.get("src", node.get("value"))
    if isinstance(source, Value) and node.rank("src"):
        for axis, (extent, own) in enumerate(zip(shape, node.extents(source), strict=True)):
            if extent is not own and extent != own:
                source = sliced(node, source, axis, 0, extent)
    else:
        source = node.emit(Expand(), node.operand(source, node.dtype), node.sizes.array(shape))
    x, axis = node.value("self"), node.axis()
    if not node.get("include_self", True):
        neutral = {"add": 0, "mul": 1, "max": _bound(node.dtype, -1), "min": _bound(node.dtype, 1)}
        start = node.constant(neutral[names[wanted]], node.dtype)
        blank = node.emit(Expand(), start, node.sizes.array(shape))
        x = node.emit(ScatterElements("none", axis), x, index, blank)
    return node.emit(ScatterElements(names[wanted], axis), x, index, source)


def _bound(element: DType, sign: int) -> float:
    """The least number of a dtype, or with a sign of 1 its greatest."""
    if element.is_float:
        return sign * np.inf
    return element.max_value if sign > 0 else element.min_value


@converts("slice_scatter", "select_scatter")
def _slice_scatter(node: TorchNode) -> Value:
    """The tensor with a part of an axis replaced: what is before, the part, what is after."""
    x, part, axis = node.value("self"), node.value("src"), node.axis()
    shape = node.extents(x)
    (extent,) = node.numbers([shape[axis]])
    if node.kind.startswith("aten.select"):
        shape[axis] = 1
        part = node.reshape(part, shape)
        first = node["index"] % extent
        end = first + 1
    else:
        limits = [END if limit is None else limit for limit in (node["start"] or 0, node["end"])]
        first, end, _ = slice(*node.numbers(limits)).indices(extent)
        if node["step"] != 1:
            places = np.arange(extent)
            written = places[first : end : node["step"]]
            written[:] = extent + np.arange(len(written))
            both = node.emit(Concat(axis), x, part)
            return node.emit(ix.Gather(axis), both, node.constant(places))
    parts = [sliced(node, x, axis, 0, first)] if first else []
    parts.append(part)
    if end < extent:
        parts.append(sliced(node, x, axis, max(first, end), END))
    return node.emit(Concat(axis), *parts)


@converts("as_strided")
def _as_strided(node: TorchNode) -> Value:
    """The elements at other places of the tensor's memory, if they are the tensor's own."""
    x, meta = node.value("self"), node.metas("self")
    own = _places(node, node.extents(x), meta.stride(), node.sizes.extent(meta.storage_offset()))
    start = meta.storage_offset() if node["storage_offset"] is None else node["storage_offset"]
    wanted = _places(node, node["size"], node["stride"], start)
    order = np.argsort(own, axis=None)
    ranks = np.searchsorted(own, wanted, sorter=order).clip(0, max(len(own) - 1, 0))
    if not len(own) or not np.array_equal(own[order[ranks]], wanted):
        raise node.unsupported("elements of the tensor itself")
    flat, places = node.reshape(x, [-1]), order[ranks]
    if not np.array_equal(places, np.arange(len(own))):
        flat = node.emit(ix.Gather(0), flat, node.constant(places))
    return node.reshape(flat, node.shape)


def _places(node: TorchNode, shape: Any, strides: Any, start: Any) -> np.ndarray:
    """The places in memory of a tensor's elements, in C order."""
    sizes, steps = node.numbers(shape), node.numbers([node.sizes.extent(n) for n in strides])
    index = np.indices(sizes, np.int64).reshape(len(sizes), prod(sizes))
    return np.array(node.numbers([start])[0] + np.array(steps, np.int64) @ index).reshape(-1)


@converts("nonzero")
def _nonzero(node: TorchNode) -> Value:
    return node.transpose(node.emit(ix.NonZero(), node.value("self")), [1, 0])
