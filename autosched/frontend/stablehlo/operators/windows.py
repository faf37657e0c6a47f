"""Reductions of windows: pooling in any layout, and running sums."""

from __future__ import annotations

from math import prod

from autosched.frontend.stablehlo.node import HloNode, converts
from autosched.frontend.stablehlo.operators.reductions import combining, is_neutral
from autosched.graph.graph import Value
from autosched.graph.operators.arithmetic import Mul, Neg
from autosched.graph.operators.indexing import CumProd, CumSum
from autosched.graph.operators.pooling import AveragePool, MaxPool

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


def _pooled(
    node: HloNode, kind: str, moved: list[int], about: list[list[int]], pads: list[int]
) -> Value:
    x, rank = node.inputs[0], node.type.rank
    moved = moved or [rank - 1]
    others = [axis for axis in range(rank) if axis not in moved]
    order = [*others, *moved]
    sizes = node.shape(x)
    image = node.reshape(
        node.transpose(x, order),
        [1, prod(sizes[axis] for axis in others), *(sizes[axis] for axis in moved)],
    )
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
