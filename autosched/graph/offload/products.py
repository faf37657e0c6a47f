"""Convolutions and products of matrices, by constant weights, as regions.

    t = conv(x, w, b, out_dtype=int32)
    q = requantize(t, 2**-s, 0)            ->     conv_blocks(x, w, b, shift=s, low=0)
    y = clip(q, 0)

    t = conv(x, w, b, out_dtype=int32)     ->     from_planes(sum_blocks(x, w), b)

The accelerator divides sums by powers of two. Where scales are others, or zero points not 0, or
sums are not quantized at all, it computes the sums alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from autosched.graph.graph import Node, Value
from autosched.graph.offload.placing import Placing, placing
from autosched.graph.offload.region import (
    Array,
    Refused,
    Region,
    expect,
    expect_int8,
    known_type,
    sizes_of,
)
from autosched.graph.offload.surroundings import Surroundings
from autosched.graph.operators.arithmetic import Add
from autosched.graph.operators.blocks import INT8, FromPlanes, packed
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.in_blocks import LEAST, ConvBlocks, SumBlocks
from autosched.graph.operators.quantization import Quantize, Requantize
from autosched.graph.operators.windows import Windows
from autosched.ir.dtype import INT32, DType

MOST_SHIFT = 14
"""Bits of a division: half of the divisor is a constant of 16 bits."""


@dataclass(frozen=True, eq=False)
class _Product:
    """A node that sums products of an image and constant weights (co, ci, ...)."""

    node: Node
    x: Value
    weight: Array
    windows: Windows
    filler: int = 0
    biases: Sequence[Value | None] = ()

    @property
    def sums_of_weights(self) -> Array:
        """The sum of the weights of each channel."""
        return self.weight.reshape(len(self.weight), -1).sum(axis=1, dtype=np.int64)

    @property
    def most(self) -> int:
        """What no sum of its products exceeds."""
        sizes = np.abs(self.weight.reshape(len(self.weight), -1).astype(np.int64))
        return int(sizes.sum(axis=1).max()) * -LEAST

    @property
    def ops(self) -> int:
        return 2 * prod(self.weight.shape[1:]) * prod(sizes_of(self.node.outputs[0]))


def conv(around: Surroundings, node: Node) -> Region:
    """The region of a convolution. Raises Refused."""
    operator = node.operator
    assert isinstance(operator, Conv)
    x, weight = _factors(around, node, operator.out_dtype)
    expect(operator.groups == 1, "its channels are in groups")
    windows = operator.windows(sizes_of(x), weight.shape)
    return _region(around, _Product(node, x, weight, windows, operator.filler, node.inputs[2:]))


def matmul(around: Surroundings, node: Node) -> Region:
    """The region of a product of two matrices. Raises Refused."""
    operator = node.operator
    assert isinstance(operator, MatMul)
    x, weight = _factors(around, node, operator.out_dtype)
    expect(len(sizes_of(x)) == weight.ndim == 2, "it is no product of two matrices")
    expect(not operator.transpose_a, "its left operand is transposed")
    rows = weight if operator.transpose_b else weight.T
    return _region(around, _Product(node, x, rows, Windows((), ())))


def _factors(around: Surroundings, node: Node, out: DType | None) -> tuple[Value, Array]:
    """The image of a product, and its constant weights."""
    x, weight = node.given[:2]
    expect_int8(weight)
    expect(known_type(x).dtype.bytes == 1, f"{x.name} is {known_type(x).dtype}, not 8 bits")
    expect(out is INT32, "its sums are no int32")
    expect(weight in around.graph.constants, "its weights are no constant")
    expect(x not in around.graph.constants, "it is a constant")
    return x, around.graph.constants[weight]


def _region(around: Surroundings, product: _Product) -> Region:
    """The region of a product: its sums are divided there, or else here."""
    try:
        return _divided(around, product)
    except Refused as error:
        return replace(_sums(around, product), note=f"; its sums alone: {error.message}")


def _divided(around: Surroundings, product: _Product) -> Region:
    """The region of a product, with what is added to its sums and how these are divided."""
    node, bias = product.node, _bias(around, product)
    expect_int8(product.x)
    expect(product.filler == 0, "its input's zero point is not 0")
    nodes, following = [node], around.only_reader(node.outputs[0])
    if following is not None and isinstance(following.operator, Add):
        (added,) = (value for value in following.given if value is not node.outputs[0])
        bias = bias + around.numbers(added, bias.size)
        nodes.append(following)
        following = around.only_reader(following.outputs[0])
    expect(
        following is not None and isinstance(following.operator, Requantize),
        "its sums are not quantized, or by several",
    )
    assert following is not None
    assert isinstance(following.operator, Requantize)
    _, scale, zero = following.given
    expect(following.operator.to is INT8, f"its result is {following.operator.to}, not int8")
    around.expect_zero(zero)
    shift = around.shift(scale)
    expect(0 <= shift <= MOST_SHIFT, f"its sums are divided by 2**{shift}")
    place = _placing(around, product, offset=0)
    made = ConvBlocks(shift=shift, **place.moves)
    bounds, made = around.bounded(made, around.only_reader(following.outputs[0]))
    bias = bias + made.half
    _expect_bits(product, bias, 31)
    batch, block = around.offloading.batch, around.offloading.block
    rows = np.repeat(bias.astype(np.int32)[None], batch, axis=0)
    operands = (
        product.x,
        packed(place.weight, block, block),
        packed(rows, batch, block)[0],
    )
    region = around.region([*nodes, following, *bounds], made, operands, product.ops)
    return replace(region, packing=place.packing)


def _sums(around: Surroundings, product: _Product) -> Region:
    """The region of the sums of a product alone, to which its bias is added here.

    A uint8 goes there as an int8, less 128.
    """
    offset = 0 if known_type(product.x).dtype is INT8 else 128
    place = _placing(around, product, offset)
    bias = _bias(around, product) + offset * product.sums_of_weights
    _expect_bits(product, bias, 32)
    batch, block = around.offloading.batch, around.offloading.block
    planes = 1 + product.most.bit_length() // 8
    amounts = np.repeat(np.arange(0, 8 * planes, 8, dtype=np.int32), batch * block)
    operands = (
        product.x,
        packed(place.weight, block, block),
        amounts.reshape(planes, batch, block),
    )
    images, channels, *_ = sizes_of(product.node.outputs[0])
    back = FromPlanes(images=images, channels=channels)
    made, small = SumBlocks(**place.moves), bias.astype(np.int32)
    return Region([product.node], made, operands, product.ops, place.packing, back, small)


def _placing(around: Surroundings, product: _Product, offset: int) -> Placing:
    """How a product is put into blocks. An image from a node that stays here may be folded."""
    source = around.graph.producers.get(product.x)
    is_from_here = source is None or isinstance(source.operator, Quantize)
    return placing(
        product.weight,
        product.windows,
        product.filler,
        replace(around.blocks, offset=offset),
        may_fold=is_from_here,
    )


def _bias(around: Surroundings, product: _Product) -> Array:
    """What a product adds to the sums of each channel."""
    bias = np.zeros(len(product.weight), np.int64)
    for value in product.biases:
        if value is not None:
            bias = bias + around.numbers(value, bias.size)
    return bias


def _expect_bits(product: _Product, bias: Array, bits: int) -> None:
    """Raise Refused where sums with a bias may exceed signed numbers of so many bits."""
    most = product.most + int(np.abs(bias).max())
    expect(most < 1 << (bits - 1), f"its sums may exceed {bits} bits")
