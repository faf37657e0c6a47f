"""Passes keep the meaning of graphs and what their callers see of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph, GraphBuilder, Value
from autosched.graph.infer import TypedBuilder, bind
from autosched.graph.operators import OPERATORS
from autosched.graph.operators import movement as mv
from autosched.graph.operators.reshaping import Flatten
from autosched.graph.passes import pipeline
from autosched.graph.passes.batch_norm import fold_batch_norm
from autosched.graph.passes.canonical import canonical
from autosched.graph.passes.fold import fold
from autosched.graph.passes.share import share
from autosched.graph.types import TensorType
from autosched.graph.verifier import verify
from autosched.ir.dtype import dtype
from tests.graph.networks import choice_net, image_net

Make = Callable[[GraphBuilder, Value], Value]
rng = np.random.default_rng(3)


def graph_of(make: Make, *shape: int) -> Graph:
    """The bound graph of one float32 input x."""
    builder = TypedBuilder("g")
    x = builder.input("x", TensorType(dtype("float32"), shape))
    return builder.build([make(builder, x)])


def kinds(graph: Graph) -> list[str]:
    return [node.operator.name for node in graph.nodes]


def check_same(graph: Graph, new: Graph) -> None:
    """Both have the same inputs and outputs, and compute the same."""
    verify(new)
    assert [value.name for value in new.inputs] == [value.name for value in graph.inputs]
    assert [value.name for value in new.outputs] == [value.name for value in graph.outputs]
    assert [value.type for value in new.outputs] == [value.type for value in graph.outputs]
    x = rng.standard_normal(graph.inputs[0].type.sizes).astype(np.float32)  # type: ignore[union-attr]
    for got, wanted in zip(evaluate(new, [x]), evaluate(graph, [x]), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def ints(builder: GraphBuilder, *values: int) -> Value:
    return builder.constant(np.array(values, np.int64))


def test_shape_arithmetic_is_folded() -> None:
    graph = bind(image_net(), {"n": 2})
    new = fold(graph)
    check_same(graph, new)
    assert kinds(new) == ["conv", "relu", "reshape"]


def test_a_constant_that_would_grow_much_stays_a_node() -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        one = builder.constant(np.ones(1, np.float32))
        (small,) = builder.add(mv.Expand(), one, ints(builder, 16))
        (large,) = builder.add(mv.Expand(), one, ints(builder, 1 << 10, 16))
        (part,) = builder.add(OPERATORS["mul"](), x, small)
        return builder.add(OPERATORS["add"](), part, large)[0]

    graph = graph_of(make, 16)
    new = fold(graph)
    check_same(graph, new)
    assert kinds(new) == ["expand", "mul", "add"]


def test_operators_with_outputs_of_unknown_size_stay() -> None:
    graph = graph_of(lambda b, x: b.add(OPERATORS["nonzero"](), b.constant(np.ones(3)))[0], 1)
    assert kinds(fold(graph)) == ["nonzero"]
    assert kinds(pipeline.run(choice_net())) == ["if"]


def test_equal_nodes_become_one() -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        (a,) = builder.add(OPERATORS["exp"](), x)
        (b,) = builder.add(OPERATORS["exp"](), x)
        (c,) = builder.add(OPERATORS["elu"](alpha=2.0), a)
        (d,) = builder.add(OPERATORS["elu"](alpha=3.0), b)
        return builder.add(OPERATORS["add"](), c, d)[0]

    graph = graph_of(make, 3)
    new = share(graph)
    check_same(graph, new)
    assert kinds(new) == ["exp", "elu", "elu", "add"]


@pytest.mark.parametrize(
    ("operators", "left"),
    [
        (["identity", "exp"], ["exp"]),
        ([mv.Transpose((1, 2, 0)), mv.Transpose((2, 0, 1))], []),
        ([mv.Transpose((1, 2, 0)), mv.Transpose((1, 2, 0))], ["transpose"]),
        ([mv.Transpose((0, 1, 2))], []),
        ([Flatten(1), Flatten(2)], ["reshape"]),
        ([Flatten(1), "exp", Flatten(0)], ["reshape", "exp", "reshape"]),
        ([OPERATORS["cast"](dtype("float32"))], []),
        ([OPERATORS["cast"](dtype("float16"))], ["cast"]),
    ],
    ids=str,
)
def test_movements_become_one(operators: list[object], left: list[str]) -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        for operator in operators:
            made = OPERATORS[operator]() if isinstance(operator, str) else operator
            (x,) = builder.add(made, x)  # type: ignore[arg-type]
        return x

    graph = graph_of(make, 3, 5, 2)
    new = canonical(graph)
    check_same(graph, new)
    assert kinds(new) == (left or ["identity"])


@pytest.mark.parametrize(
    ("operator", "inputs", "stays"),
    [
        (mv.Slice(), [[0], [9]], False),
        (mv.Slice(), [[-1], [-9], [0], [-1]], True),
        (mv.Pad(), [[0, 0]], False),
        (mv.Pad(), [[1, -1]], True),
        (mv.Expand(), [[1, 5]], True),
        (mv.Expand(), [[5]], False),
        (mv.Tile(), [[1]], False),
    ],
    ids=str,
)
def test_what_keeps_everything_goes(
    operator: mv.Movement, inputs: list[list[int]], stays: bool
) -> None:
    graph = graph_of(lambda b, x: b.add(operator, x, *(ints(b, *v) for v in inputs))[0], 5)
    new = canonical(graph)
    check_same(graph, new)
    assert (kinds(new) != ["identity"]) == stays


@pytest.mark.parametrize(
    ("permutation", "left"), [((1, 0, 2), ["reshape"]), ((1, 2, 0), ["reshape"]), ((0, 2, 1), [])]
)
def test_a_transpose_of_axes_of_one_point_is_a_reshape(
    permutation: tuple[int, ...], left: list[str]
) -> None:
    graph = graph_of(lambda b, x: b.add(mv.Transpose(permutation), x)[0], 1, 3, 5)
    new = canonical(graph)
    check_same(graph, new)
    assert kinds(new) == (left or ["transpose"])


@pytest.mark.parametrize(
    ("indices", "left"), [(2, ["slice", "reshape"]), ([-1], ["slice"]), ([0, 1], ["gather"])]
)
def test_a_gather_of_one_index_is_a_slice(indices: object, left: list[str]) -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        at = builder.constant(np.array(indices, np.int64))
        return builder.add(OPERATORS["gather"](axis=1), x, at)[0]

    graph = graph_of(make, 2, 3, 4)
    new = canonical(graph)
    check_same(graph, new)
    assert kinds(new) == left


@pytest.mark.parametrize(
    ("name", "order", "left"),
    [("mul", "xc", []), ("mul", "cx", []), ("div", "xc", []), ("div", "cx", ["div"])],
)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_product_with_one_is_its_other_factor(
    name: str, order: str, left: list[str], shape: tuple[int, ...]
) -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        values = {"x": x, "c": builder.constant(np.ones(shape, np.float32))}
        return builder.add(OPERATORS[name](), *(values[key] for key in order))[0]

    graph = graph_of(make, 5)
    new = canonical(graph)
    check_same(graph, new)
    assert kinds(new) == (left or ([name] if len(shape) > 1 else ["identity"]))


@pytest.mark.parametrize("with_bias", [False, True])
def test_a_batch_norm_becomes_part_of_its_convolution(with_bias: bool) -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        def constant(*shape: int) -> Value:
            return builder.constant(rng.uniform(0.1, 2, shape).astype(np.float32))

        bias = [constant(6)] if with_bias else []
        (y,) = builder.add(OPERATORS["conv"](groups=2), x, constant(6, 2, 3), *bias, name="y")
        return builder.add(OPERATORS["batch_norm"](epsilon=0.1), y, *(constant(6) for _ in "1234"))[
            0
        ]

    graph = graph_of(make, 2, 4, 7)
    new = fold_batch_norm(graph)
    check_same(graph, new)
    assert kinds(new) == ["conv"]


def test_a_batch_norm_of_what_others_read_stays() -> None:
    def make(builder: GraphBuilder, x: Value) -> Value:
        ones = builder.constant(np.ones(2, np.float32))
        weight = builder.constant(np.ones((2, 4, 3), np.float32))
        (y,) = builder.add(OPERATORS["conv"](), x, weight)
        (z,) = builder.add(OPERATORS["batch_norm"](), y, ones, ones, ones, ones)
        return builder.add(OPERATORS["add"](), y, z)[0]

    graph = graph_of(make, 2, 4, 7)
    assert kinds(fold_batch_norm(graph)) == ["conv", "batch_norm", "add"]


def test_passes_are_named_timed_and_can_be_left_out() -> None:
    graph = bind(image_net(), {"n": 2})
    reports = list(pipeline.trace(graph))
    assert [report.name for report in reports] == list(pipeline.PIPELINE)
    assert all(report.time_ms >= 0 for report in reports)
    assert "concat" in kinds(pipeline.run(graph, without=["fold"]))
    with pytest.raises(GraphError, match="expected names of passes, got fuse"):
        pipeline.run(graph, without=["fuse"])
    with pytest.raises(GraphError, match=r"a list of names of passes, got 'fold'") as found:
        pipeline.run(graph, without="fold")
    assert found.value.hint == "write without=['fold']"
    with pytest.raises(GraphError, match="a list of names of passes, got 3"):
        pipeline.run(graph, without=3)  # type: ignore[arg-type]
