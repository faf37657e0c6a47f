"""Graphs to test with."""

from __future__ import annotations

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder
from autosched.graph.operators import (
    activation,
    arithmetic,
    control,
    convolution,
    movement,
    reshaping,
    shapes,
)
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype


def image_net() -> Graph:
    """A convolution and relu, each image of which becomes a row: a reshape by its own shape."""
    builder = GraphBuilder("net")
    x = builder.input("x", TensorType(dtype("float32"), ("n", 3, 8, 8)))
    weights = np.arange(108, dtype=np.float32).reshape(4, 3, 3, 3) / 100 - 0.5
    (y,) = builder.add(convolution.Conv(), x, builder.constant(weights, "w"), name="y")
    (r,) = builder.add(activation.Relu(), y, name="r", outputs=["relu out"])
    (count,) = builder.add(shapes.Shape(end=1), r, name="count")
    rest = builder.constant(np.array([-1]), "rest")
    (target,) = builder.add(movement.Concat(), count, rest, name="target")
    (z,) = builder.add(reshaping.Reshape(), r, target, name="z")
    return builder.build([z])


def choice_net() -> Graph:
    """The double of x, or its negative."""
    branches = []
    for operator, count in ((arithmetic.Add(), 2), (arithmetic.Neg(), 1)):
        builder = GraphBuilder("branch")
        x = builder.input("x", TensorType(dtype("float32"), (3,)))
        branches.append(builder.build(builder.add(operator, *[x] * count)))
    builder = GraphBuilder("choice")
    c = builder.input("c", TensorType(dtype("bool"), ()))
    x = builder.input("x", TensorType(dtype("float32"), (3,)))
    return builder.build(builder.add(control.If(*branches), c, x, name="y"))
