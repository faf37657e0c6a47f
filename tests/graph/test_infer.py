from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph import infer
from autosched.graph.graph import GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder, bind
from autosched.graph.operators import activation, arithmetic, indexing, movement, reshaping, shapes
from autosched.graph.operators.operator import Operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype
from tests.graph.networks import choice_net, image_net

F32 = dtype("float32")


def test_shapes_follow_through_arithmetic_on_shapes() -> None:
    bound = bind(image_net(), {"n": 5})
    assert {value.name: str(value.type) for value in bound.values} == {
        "x": "float32[5, 3, 8, 8]",
        "w": "float32[4, 3, 3, 3]",
        "rest": "int64[1]",
        "y": "float32[5, 4, 6, 6]",
        "relu out": "float32[5, 4, 6, 6]",
        "count": "int64[1]",
        "target": "int64[2]",
        "z": "float32[5, 144]",
    }


def test_the_graph_that_is_bound_stays_as_it_is() -> None:
    graph = image_net()
    bind(graph, {"n": 5})
    assert graph.sizes == ["n"]
    assert graph.outputs[0].type is None


def test_a_node_whose_inputs_do_not_fit_is_not_added() -> None:
    builder = TypedBuilder("g")
    x = builder.input("x", TensorType(F32, (3,)))
    y = builder.input("y", TensorType(F32, (4,)))
    with pytest.raises(GraphError, match=r"^sum: expected shapes that broadcast for add"):
        builder.add(arithmetic.Add(), x, y, name="sum")
    assert not builder.build([x]).nodes


def test_a_copy_has_the_types_of_its_node_where_its_inputs_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bound = bind(image_net(), {"n": 5})
    inferred: list[str] = []
    types_of = infer.types_of

    def counted(operator: Operator, given: Sequence[Any], name: str) -> Sequence[TensorType]:
        inferred.append(operator.name)
        return types_of(operator, given, name)

    monkeypatch.setattr(infer, "types_of", counted)
    copied = rewrite(bound, lambda node, inputs, builder: None, TypedBuilder("g"))
    assert inferred == ["reshape"]  # by the elements of its target
    assert [str(v.type) for v in copied.values] == [str(v.type) for v in bound.values]


def test_a_copy_with_other_inputs_is_inferred_anew() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", TensorType(F32, (6,)))
    (y,) = builder.add(activation.Relu(), x)
    (z,) = builder.add(activation.Relu(), y)

    bound = bind(builder.build([z]), {})

    def doubled(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        is_first = node is bound.nodes[0]
        return builder.add(movement.Concat(), *inputs, *inputs) if is_first else None

    (found,) = rewrite(bound, doubled, TypedBuilder("g")).outputs
    assert str(found.type) == "float32[12]"


def test_what_only_a_run_tells_has_no_size() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", TensorType(F32, (3, 5)))
    (places,) = builder.add(indexing.NonZero(), x)
    (double,) = builder.add(arithmetic.Add(), places, places)
    bound = bind(builder.build([places, double]), {})
    assert [str(value.type) for value in bound.outputs] == ["int64[2, ?]", "None"]
    (y,) = bind(choice_net(), {}).outputs
    assert y.type is None


def test_a_shape_that_is_an_input_is_not_known() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", TensorType(F32, (6,)))
    shape = builder.input("shape", TensorType(dtype("int64"), (2,)))
    graph = builder.build(builder.add(reshaping.Reshape(), x, shape))
    assert bind(graph, {}).outputs[0].type is None


def test_errors_name_the_node_and_missing_sizes() -> None:
    with pytest.raises(GraphError, match="a value for each size of net, got none for n"):
        bind(image_net(), {})
    builder = GraphBuilder("g")
    x = builder.input("x", TensorType(F32, (3, "n")))
    graph = builder.build(builder.add(reshaping.Reshape(), x, builder.constant(np.array([4, 2]))))
    with pytest.raises(GraphError, match=r"^reshape: expected a shape of 15 elements"):
        bind(graph, {"n": 5})


def test_a_range_of_bfloat16_constants_is_of_bfloat16() -> None:
    builder = GraphBuilder("range")
    one, seven, two = (
        builder.constant(np.array(bits, np.uint16), type=TensorType(dtype("bfloat16")))
        for bits in (0x3F80, 0x40E0, 0x4000)
    )
    graph = builder.build(builder.add(shapes.Range(), one, seven, two))
    assert bind(graph, {}).outputs[0].type == TensorType(dtype("bfloat16"), (3,))
