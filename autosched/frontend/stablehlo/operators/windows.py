"""Reductions of windows: pooling in any layout, and running sums."""

from __future__ import annotations

from math import prod
from typing import Any

from autosched.frontend.stablehlo.node import HloNode, converts, direction_of
from autosched.frontend.stablehlo.operators.reductions import combining, is_neutral
from autosched.graph.graph import Value
from autosched.graph.operators.arithmetic import Mul, Neg
from autosched.graph.operators.indexing import CumProd, CumSum
from autosched.graph.operators.pooling import AveragePool, MaxPool
from autosched.graph.operators.scatter import ScatterElements

RUNNING = {"add": CumSum, "multiply": CumProd}
"""What a window over all elements up to one makes."""

WANTED = "windows that are added up, their greatest or least element, or running products"


@converts("reduce_window")
def _reduce_window(node: HloNode) -> Value:
    kind = combining(node) if len(node.inputs) == 2 else ""
    x, element = node.inputs[0], node.type.dtype
    if kind not in ("add", "multiply", "maximum", "minimum") or not is_neutral(
        node.known(node.inputs[1]), kind, element
    ):
        raise node.unsupported(WANTED)
    rank = node.type.rank
    ones = [1] * rank
    window = node.numbers("window_dimensions", ones)
    strides = node.numbers("window_strides", ones)
    pads = node.numbers("padding", [0, 0] * rank)
    if any(n != 1 for n in node.numbers("base_dilations")):
        raise node.unsupported("elements without gaps")
    dilations = node.numbers("window_dilations", ones)
    moved = [
        axis
        for axis in range(rank)
        if window[axis] != 1 or strides[axis] != 1 or any(pads[2 * axis : 2 * axis + 2])
    ]
    if kind in RUNNING and len(moved) == 1:
        axis = moved[0]
        size, around = node.shape(x)[axis], pads[2 * axis : 2 * axis + 2]
        if window[axis] == size and sorted(around) == [0, size - 1]:
            return node.emit(RUNNING[kind](reverse=around[0] == 0), x, node.constant(axis))
    if kind == "multiply":
        raise node.unsupported(WANTED)
    return _pooled(node, kind, moved, [window, strides, dilations], pads)


@converts("select_and_scatter")
def _select_and_scatter(node: HloNode) -> Value:
    """The gradient of pooling: each update added at the place of its window's greatest element."""
    x, updates, start = node.inputs
    rank = node.type.rank
    ones = [1] * rank
    window, strides = (node.numbers(f"window_{name}", ones) for name in ("dimensions", "strides"))
    selects, adds = (_only(region) for region in node.operation.regions)
    direction = direction_of(selects) if selects else ""
    is_sum = adds is not None and adds.name == "stablehlo.add"
    if direction not in ("GE", "LE") or not is_sum or any(node.numbers("padding")):
        raise node.unsupported("updates added at the greatest or least elements, without padding")
    x = node.emit(Neg(), x) if direction == "LE" else x
    moved = [n for n in range(rank) if window[n] != 1 or strides[n] != 1] or [rank - 1]
    order, image = _image(node, x, moved)
    pool = MaxPool(tuple(window[n] for n in moved), tuple(strides[n] for n in moved))
    _, places = node.emit_all(pool, image, count=2)
    flat = [node.reshape(one, [-1]) for one in (places, node.transpose(updates, order))]
    zeros = node.expand(start, [prod(node.type.sizes)])
    made = node.emit(ScatterElements("add"), zeros, *flat)
    made = node.reshape(made, [node.type.sizes[axis] for axis in order])
    return node.transpose(made, [order.index(axis) for axis in range(rank)])


def _only(region: Any) -> Any:
    """The operation that a region is, applied to its arguments in order; None for any other."""
    block = region.blocks[0]
    made = [op.operation for op in block.operations][:-1]
    is_plain = len(made) == 1 and list(made[0].operands) == list(block.arguments)
    return made[0] if is_plain else None


def _image(node: HloNode, x: Value, moved: list[int]) -> tuple[list[int], Value]:
    """The axes with those along which windows move last, and `x` as one image in that order."""
    sizes = node.shape(x)
    moved = moved or [len(sizes) - 1]
    others = [axis for axis in range(len(sizes)) if axis not in moved]
    order = [*others, *moved]
    shape = [1, prod(sizes[axis] for axis in others), *(sizes[axis] for axis in moved)]
    return order, node.reshape(node.transpose(x, order), shape)


def _pooled(
    node: HloNode, kind: str, moved: list[int], about: list[list[int]], pads: list[int]
) -> Value:
    rank = node.type.rank
    order, image = _image(node, node.inputs[0], moved)
    moved = moved or [rank - 1]
    window, strides, dilations = (tuple(each[axis] for axis in moved) for each in about)
    before = tuple(pads[2 * axis] for axis in moved)
    after = tuple(pads[2 * axis + 1] for axis in moved)
    made: Value
    if kind == "add":
        pool = AveragePool(window, strides, (*before, *after), dilations, count_pad=True)
        count = node.constant(prod(window), node.type.dtype)
        made = node.emit(Mul(), node.emit(pool, image), count)
    else:
        image = node.emit(Neg(), image) if kind == "minimum" else image
        made = node.emit(MaxPool(window, strides, (*before, *after), dilations), image)
        made = node.emit(Neg(), made) if kind == "minimum" else made
    shape = [node.type.sizes[axis] for axis in order]
    return node.transpose(node.reshape(made, shape), [order.index(axis) for axis in range(rank)])
