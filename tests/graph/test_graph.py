from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.graph import GraphBuilder, Node, Value, check_inputs, rewrite, without_unused
from autosched.graph.operators import activation, arithmetic
from autosched.graph.operators.unchanged import Identity
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype
from tests.graph.networks import image_net


def test_names_are_made_distinct() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", None)
    again = builder.add(activation.Relu(), x, name="x")[0]
    third = builder.add(activation.Relu(), again, name="x")[0]
    assert [x.name, again.name, third.name] == ["x", "x.1", "x.2"]
    builder.rename(again, "y")
    assert again.name == "y"
    builder.rename(third, "y")
    assert third.name == "y.1"


def test_producers_and_users() -> None:
    graph = image_net()
    relu = graph.producers[next(v for v in graph.values if v.name == "relu out")]
    assert relu.name == "r"
    assert [node.name for node in graph.users[relu.outputs[0]]] == ["count", "z"]
    assert graph.users[graph.outputs[0]] == []
    assert graph.sizes == ["n"]


def test_a_rewrite_replaces_nodes_and_keeps_the_rest() -> None:
    def without_relu(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if not isinstance(node.operator, activation.Relu):
            return None
        assert inputs[0] is not None
        return [inputs[0]]

    graph = image_net()
    new = rewrite(graph, without_relu)
    assert [node.name for node in graph.nodes] == ["y", "r", "count", "target", "z"]
    assert [node.name for node in new.nodes] == ["y", "count", "target", "z"]
    assert [value.name for value in new.constants] == ["w", "rest"]
    assert not set(new.values) & set(graph.values)


def test_outputs_keep_their_names() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", None)
    (y,) = builder.add(activation.Relu(), x, name="y")
    copies = [builder.add(Identity(), value, name=name)[0] for value, name in ((x, "a"), (y, "b"))]
    graph = builder.build([*copies, y, copies[1]])

    def without_copies(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        (given,) = inputs
        assert given is not None
        return [given] if isinstance(node.operator, Identity) else None

    new = rewrite(graph, without_copies)
    assert [value.name for value in new.outputs] == ["a", "b", "y", "b"]
    assert [node.operator.name for node in new.nodes] == ["relu", "identity", "identity"]


def test_an_output_takes_its_name_from_a_value_on_the_way() -> None:
    """The rule names its first node as the output, and its second as it likes."""
    builder = GraphBuilder("g")
    x = builder.input("x", None)
    graph = builder.build(builder.add(arithmetic.Neg(), x, name="z"))

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        (first,) = builder.add(arithmetic.Abs(), *inputs, name="z")
        return builder.add(arithmetic.Neg(), first, name="other")

    new = rewrite(graph, rule)
    assert [value.name for node in new.nodes for value in node.outputs] == ["z.1", "z"]


def test_what_no_output_needs_is_left_out() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", None)
    unused = builder.constant(np.ones(3, np.float32))
    (y,) = builder.add(activation.Relu(), x)
    builder.add(arithmetic.Add(), y, unused)
    graph = without_unused(builder.build([y]))
    assert [node.operator.name for node in graph.nodes] == ["relu"]
    assert not graph.constants


def test_arrays_give_the_sizes() -> None:
    builder = GraphBuilder("g")
    f32 = dtype("float32")
    a = builder.input("a", TensorType(f32, ("n", 3)))
    b = builder.input("b", TensorType(f32, ("n",)))
    graph = builder.build([a, b])
    good = np.ones((5, 3), np.float32), np.ones(5, np.float32)
    assert check_inputs(graph, good) == {"n": 5}
    for arrays, message in (
        (good[:1], "expected 2 inputs of g, got 1"),
        ((good[0].astype("float64"), good[1]), r"float32\[n, 3\] for the input a, got float64"),
        ((good[0], good[1][:4]), r"float32\[n\] for the input b, got float32\[4\]"),
        ((good[0][:, :2], good[1]), r"for the input a, got float32\[5, 2\]"),
        ((good[1], good[1]), r"for the input a, got float32\[5\]"),
    ):
        with pytest.raises(GraphError, match=message):
            check_inputs(graph, arrays)
