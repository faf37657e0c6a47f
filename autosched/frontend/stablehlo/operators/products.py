"""Contractions: products of matrices in any order of axes, and convolutions in any layout."""

from __future__ import annotations

from string import ascii_letters
from typing import Any

from autosched.frontend.stablehlo.node import HloNode, converts
from autosched.frontend.stablehlo.operators.movement import with_gaps
from autosched.graph.graph import Value
from autosched.graph.operators.contraction import Einsum
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.movement import Pad


@converts("dot_general")
def _dot_general(node: HloNode) -> Value:
    stablehlo = dialect()
    about = stablehlo.DotDimensionNumbers(node.attribute("dot_dimension_numbers"))
    a, b = (node.cast(value, node.type.dtype) for value in node.inputs)
    ranks = len(node.shape(a)), len(node.shape(b))
    left = list(ascii_letters[: ranks[0]])
    right = list(ascii_letters[ranks[0] : sum(ranks)])
    batch = list(about.lhs_batching_dimensions)
    summed = list(about.lhs_contracting_dimensions)
    for here, there in zip(
        [*batch, *summed],
        [*about.rhs_batching_dimensions, *about.rhs_contracting_dimensions],
        strict=True,
    ):
        right[there] = left[here]
    result = [left[axis] for axis in batch]
    result += [letter for axis, letter in enumerate(left) if axis not in (*batch, *summed)]
    result += [letter for letter in right if letter not in left]
    equation = f"{''.join(left)},{''.join(right)}->{''.join(result)}"
    return node.emit(Einsum(equation), a, b)


@converts("convolution")
def _convolution(node: HloNode) -> Value:
    about = dialect().ConvDimensionNumbers(node.attribute("dimension_numbers"))
    spatial = len(about.input_spatial_dimensions)
    ones = [1] * spatial
    _check(node)
    x, weight = node.inputs
    image = [about.input_batch_dimension, about.input_feature_dimension]
    x = node.transpose(x, [*image, *about.input_spatial_dimensions])
    filters = [about.kernel_output_feature_dimension, about.kernel_input_feature_dimension]
    weight = node.transpose(weight, [*filters, *about.kernel_spatial_dimensions])
    pads = node.numbers("padding", [0, 0] * spatial)
    gaps = [n - 1 for n in node.numbers("lhs_dilation", ones)]
    zero = node.constant(0, node.type.dtype)
    x = with_gaps(node, x, zero, [0, 0, *gaps])
    if min(pads, default=0) < 0:
        x = node.emit(Pad(), x, node.constant([0, 0, *pads[::2], 0, 0, *pads[1::2]]), zero)
        pads = [0, 0] * spatial
    conv = Conv(
        strides=tuple(node.numbers("window_strides", ones)),
        pads=(*pads[::2], *pads[1::2]),
        dilations=tuple(node.numbers("rhs_dilation", ones)),
        groups=node.number("feature_group_count", 1),
    )
    made = node.emit(conv, x, weight)
    result = [about.output_batch_dimension, about.output_feature_dimension]
    places = [*result, *about.output_spatial_dimensions]
    return node.transpose(made, [places.index(axis) for axis in range(len(places))])


def _check(node: HloNode) -> None:
    """Raise GraphError for a convolution of a kind that `Conv` is not."""
    reversal = node.attribute("window_reversal")
    if node.number("batch_group_count", 1) != 1:
        raise node.unsupported("a batch in one group")
    if reversal is not None and any(reversal):
        raise node.unsupported("a window that is not reversed")


def dialect() -> Any:
    """MLIR's Python module of the dialect."""
    from jax.extend.mlir.dialects import stablehlo

    return stablehlo
