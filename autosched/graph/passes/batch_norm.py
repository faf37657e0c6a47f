"""A batch normalization after a convolution becomes part of its weights and its bias.

    y = conv(x, w, b)                       y = conv(x, w * f, (b - mean) * f + shift)
    z = batch_norm(y, scale, shift,   ->    with f = scale / sqrt(variance + epsilon),
                   mean, variance)          one factor for each channel

It needs all of them to be constants, and nothing else to read y. A transposed convolution may be
in place of the convolution.
"""

from __future__ import annotations

from autosched.graph.graph import Graph
from autosched.graph.operators.normalization import BatchNorm
from autosched.graph.passes.channels import joined


def fold_batch_norm(graph: Graph) -> Graph:
    """See the module."""
    return joined(graph, (BatchNorm,))
