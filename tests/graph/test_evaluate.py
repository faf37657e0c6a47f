from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import GraphBuilder
from autosched.graph.operators import arithmetic, control
from autosched.graph.parser import parse
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype
from tests.graph.networks import choice_net, image_net


def test_a_network_is_what_its_operators_are() -> None:
    graph = image_net()
    (weights, _) = graph.constants.values()
    x = np.random.default_rng(1).standard_normal((2, 3, 8, 8)).astype(np.float32)
    wanted = np.zeros((2, 4, 6, 6))
    for y in range(6):
        for z in range(6):
            window = x[:, :, y : y + 3, z : z + 3]
            wanted[:, :, y, z] = np.einsum("nchw,fchw->nf", window, weights)
    (got,) = evaluate(graph, {"x": x})
    np.testing.assert_allclose(got, np.maximum(wanted, 0).reshape(2, 144), rtol=1e-4, atol=1e-4)


def test_inputs_are_checked() -> None:
    with pytest.raises(GraphError, match="expected the inputs x of net, got none"):
        evaluate(image_net(), {"y": np.ones(3)})
    with pytest.raises(GraphError, match=r"for the input x, got float64\[3\]"):
        evaluate(image_net(), [np.ones(3)])


def test_bfloat16_is_rounded_at_every_node() -> None:
    builder = GraphBuilder("g")
    x = builder.input("x", TensorType(dtype("bfloat16"), (2,)))
    graph = builder.build(builder.add(arithmetic.Mul(), x, x))
    one_and_more = np.array([0x3F81, 0x4000], np.uint16)  # 1.0078125 and 2
    (got,) = evaluate(graph, [one_and_more])
    assert got.dtype == np.uint16
    assert [hex(bits) for bits in got] == ["0x3f82", "0x4080"]


@pytest.mark.parametrize(("condition", "factor"), [(True, 2), (False, -1)])
def test_a_branch_is_taken(condition: bool, factor: int) -> None:
    x = np.array([1, 2, 3], np.float32)
    (got,) = evaluate(choice_net(), [np.array(condition), x])
    assert got.tolist() == (x * factor).tolist()


def test_a_loop_carries_and_stacks() -> None:
    body = GraphBuilder("body")
    body.input("number", None)
    going = body.input("going", None)
    total, step = body.input("total", None), body.input("step", None)
    (more,) = body.add(arithmetic.Add(), total, step)
    loop = control.Loop(body.build([going, more, more]), carried=1)
    builder = GraphBuilder("g")
    count = builder.input("count", TensorType(dtype("int64"), ()))
    x = builder.input("x", TensorType(dtype("float32"), ()))
    graph = builder.build(builder.add(loop, count, None, x, x, count=2))
    last, rows = evaluate(graph, [np.array(3), np.array(2, np.float32)])
    assert (last.tolist(), rows.tolist()) == (8, [4, 6, 8])
    last, rows = evaluate(graph, [np.array(0), np.array(2, np.float32)])
    assert (last.tolist(), rows.dtype, rows.shape) == (2, np.float32, (0,))


def test_a_scan_goes_through_the_slices() -> None:
    body = GraphBuilder("body")
    total, row = body.input("total", None), body.input("row", None)
    (more,) = body.add(arithmetic.Add(), total, row)
    scan = control.Scan(body.build([more, more]), 1, 1, reversed_inputs=(1,))
    builder = GraphBuilder("g")
    first = builder.input("first", TensorType(dtype("float32"), ()))
    rows = builder.input("rows", TensorType(dtype("float32"), ("n",)))
    graph = builder.build(builder.add(scan, first, rows, count=2))
    found = evaluate(graph, [np.float32(0), np.array([1, 2, 4], np.float32)])
    assert [array.tolist() for array in found] == [7, [4, 6, 7]]
    found = evaluate(graph, [np.float32(5), np.zeros(0, np.float32)])
    assert [(array.dtype, array.tolist()) for array in found] == [("float32", 5), ("float32", [])]


@pytest.mark.parametrize(
    "call",
    [
        "conv(x, w)",
        "conv_transpose(x, w)",
        "max_pool(x, kernel=[2, 2])",
        "group_norm(x, s, s, groups=2)",
    ],
)
def test_a_batch_of_nothing(call: str) -> None:
    graph = parse(
        "graph g(x: float32[n, 4, 6, 6], w: float32[4, 4, 3, 3], s: float32[4]) {\n"
        f"  y = {call}\n  return y\n}}"
    )
    weights, scale = np.ones((4, 4, 3, 3), np.float32), np.ones(4, np.float32)
    some, none = (evaluate(graph, [np.ones((n, 4, 6, 6), "f"), weights, scale])[0] for n in (1, 0))
    assert none.shape == (0, *some.shape[1:])
