"""The operators of graphs, a file a family. Importing this makes all of them known."""

from autosched.graph.operators import (
    activation,
    arithmetic,
    contraction,
    control,
    convolution,
    indexing,
    movement,
    normalization,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    shapes,
)
from autosched.graph.operators.operator import OPERATORS, Operator

__all__ = [
    "OPERATORS",
    "Operator",
    "activation",
    "arithmetic",
    "contraction",
    "control",
    "convolution",
    "indexing",
    "movement",
    "normalization",
    "pooling",
    "quantization",
    "recurrent",
    "reduction",
    "resize",
    "shapes",
]
