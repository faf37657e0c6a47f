"""Channels that are scaled before a convolution are scaled in its weights, where these are few.

    y = mul(x, s)           x: float32[1, 144, 56, 56], s: float32[1, 144, 1, 1]
    z = conv(y, w)          w: float32[24, 144, 1, 1]
 -> v = mul(w, s)
    z = conv(x, v)

So it is after squeeze and excitation. The large product is not computed: 347 -> 253 us for the
sizes above. It needs a convolution without groups, without padding, which an infinite scale would
turn to NaN, nothing else to read y, and an image at least `MOST_WEIGHTS` times as large as the
weights, which each run packs.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Mul
from autosched.graph.operators.convolution import Conv
from autosched.graph.passes.arrangement import is_read_once
from autosched.graph.passes.matching import made_by

MOST_WEIGHTS = 4
"""Elements of the image for each of the weights from which on scaling these takes less time."""


def scales(graph: Graph) -> Graph:
    """See the module."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        operator = node.operator
        if not isinstance(operator, Conv) or any(operator.pads) or operator.auto_pad:
            return None
        old, (image, weight, *bias) = node.given[0], inputs
        product = made_by(image, Mul, builder)
        if product is None or weight is None or operator.groups > 1:
            return None
        if builder.known(weight) is None or not is_read_once(old, graph):
            return None
        for x, scale in (product.given, product.given[::-1]):
            if _pays(x, scale, weight):
                (scaled,) = builder.add(Mul(), weight, scale, name=product.name)
                names = [value.name for value in node.outputs]
                return builder.add(operator, x, scaled, *bias, name=node.name, outputs=names)
        return None

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _pays(x: Value, scale: Value, weight: Value) -> bool:
    """Whether `scale` has one number for each channel of `x`, a large float image."""
    kind, factor, weights = x.type, scale.type, weight.type
    if kind is None or factor is None or weights is None or kind.names or factor.names:
        return False
    is_float = kind.dtype == factor.dtype == weights.dtype and kind.dtype.is_float
    is_channels = factor.sizes == (1, *kind.sizes[1:2], *[1] * (kind.rank - 2))
    return is_float and is_channels and prod(kind.sizes) >= MOST_WEIGHTS * prod(weights.sizes)
