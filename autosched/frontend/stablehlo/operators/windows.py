"""Reductions of windows: pooling in any layout, and running sums."""

from __future__ import annotations

from math import prod

from autosched.frontend.stablehlo.node import HloNode, converts
from autosched.frontend.stablehlo.operators.reductions import combining, is_neutral
from autosched.graph.graph import Value
from autosched.graph.operators.arithmetic import Mul, Neg
from autosched.graph.operators.indexing import CumSum
from autosched.graph.operators.pooling import AveragePool, MaxPool


@converts("reduce_window")
def _reduce_window(node: HloNode) -> Value:
    kind = combining(node) if len(node.inputs) == 2 else ""
    x, element = node.inputs[0], node.type.dtype
    if kind not in ("add", "maximum", "minimum") or not is_neutral(
        node.known(node.inputs[1]), kind, element
    ):
        raise node.unsupported("windows that are added up, or their greatest or least element")
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
    if kind == "add" and len(moved) == 1 and _is_running(node.shape(x), window, pads, moved[0]):
        return node.emit(CumSum(), x, node.constant(moved[0]))
    return _pooled(node, kind, moved, [window, strides, dilations], pads)


def _is_running(shape: tuple[int, ...], window: list[int], pads: list[int], axis: int) -> bool:
    size = shape[axis]
    return window[axis] == size and pads[2 * axis : 2 * axis + 2] == [size - 1, 0]


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
