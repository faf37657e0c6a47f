from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.operators import activation, arithmetic
from autosched.graph.types import TensorType
from autosched.graph.verifier import verify
from autosched.ir.dtype import dtype
from tests.graph.networks import choice_net, image_net

X, Y, Z = (Value(name, TensorType(dtype("float32"), (3,))) for name in "xyz")
RELU = Node(activation.Relu(), (X,), (Y,), "r")


def test_good_graphs_pass() -> None:
    verify(image_net())
    verify(choice_net())
    verify(Graph("g", (X,), (Y,), (RELU,)))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (Graph("g", (X,), (Z,), (RELU,)), "an output that is computed, got z"),
        (Graph("g", (), (Y,), (RELU,)), "inputs of r that are computed, got x"),
        (Graph("g", (X, Y), (Y,), (RELU,)), "one definition of y in g, got two"),
        (Graph("g", (X, Value("x")), (X,), ()), "one definition of x in g, got two"),
        (Graph("g", (X,), (Y,), (Node(arithmetic.Add(), (X,), (Y,), "a"),)), r"a: expected \(a, b"),
        (Graph("g", (X,), (X,), (Node(activation.Relu(), (X,), (), "r"),)), "an output of r"),
        (Graph("g", (), (X,), (), {X: np.ones(4)}), r"an array of float32\[3\] for x, got \[4\]"),
    ],
)
def test_bad_graphs_are_told(graph: Graph, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        verify(graph)
