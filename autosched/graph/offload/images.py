"""Sums, maxima and bounds of int8 images as regions.

y = add_quantized(a, 2**-i, 0, b, 2**-j, 0, 0)     ->     add_blocks(a, b)
y = max_pool(x)                                    ->     max_pool_blocks(x)
y = clip(x, 0, 6)                                  ->     max_pool_blocks(x), of one point
"""

from __future__ import annotations

from math import prod

from autosched.graph.graph import Node
from autosched.graph.offload.placing import moves
from autosched.graph.offload.region import Region, expect, expect_int8, sizes_of
from autosched.graph.offload.surroundings import Surroundings
from autosched.graph.operators.in_blocks import AddBlocks, MaxPoolBlocks
from autosched.graph.operators.pooling import MaxPool

MOST_FACTOR = 6
"""The greatest power of two that is an int8."""

OPS_OF_SUM = 4
"""The operations of the sum of two numbers: two factors, the sum, and its rounding."""


def sum_of_two(around: Surroundings, node: Node) -> Region:
    """The region of a sum of two quantized images. Raises Refused."""
    a, a_scale, a_zero, b, b_scale, b_zero, zero = node.given
    expect_int8(a, b, node.outputs[0])
    expect(sizes_of(a) == sizes_of(b) and len(sizes_of(a)) > 1, "its operands differ in shape")
    for point in (a_zero, b_zero, zero):
        around.expect_zero(point)
    downs = [around.shift(scale) for scale in (a_scale, b_scale)]
    shift = max(0, *downs)
    expect(shift - min(downs) <= MOST_FACTOR, "its operands' scales are too far apart")
    bounds, made = around.bounded(AddBlocks(shift=shift), around.only_reader(node.outputs[0]))
    eyes = [around.eye(shift - down) for down in downs]
    operands = (a, eyes[0], b, eyes[1])
    return around.region([node, *bounds], made, operands, OPS_OF_SUM * prod(sizes_of(a)))


def max_pool(around: Surroundings, node: Node) -> Region:
    """The region of a maximum of windows. Raises Refused."""
    x, operator = node.given[0], node.operator
    assert isinstance(operator, MaxPool)
    expect_int8(x)
    windows = operator.windows(sizes_of(x))
    pads = (*windows.before, *windows.reach)
    attributes = moves(windows.strides, pads, windows.dilations)
    expect(
        not any(pads) or around.least(x) >= 0,
        "its padding is the least number, the accelerator's is 0",
    )
    made = MaxPoolBlocks(kernel=windows.kernel, **attributes)
    bounds, made = around.bounded(made, around.only_reader(node.outputs[0]))
    ops = prod(sizes_of(node.outputs[0])) * prod(windows.kernel)
    return around.region([node, *bounds], made, (x, around.eye(0)), ops)


def bound(around: Surroundings, node: Node) -> Region:
    """The region of bounds alone: the maximum of windows of one point. Raises Refused."""
    x = node.given[0]
    expect_int8(x)
    space = len(sizes_of(x)) - 2
    expect(space > 0, "it is no image")
    bounds, made = around.bounded(MaxPoolBlocks(kernel=(1,) * space), node)
    expect(bool(bounds), "its bounds are not constants")
    return around.region(bounds, made, (x, around.eye(0)), prod(sizes_of(x)))
