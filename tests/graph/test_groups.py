from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.graph import Graph
from autosched.graph.groups import MAX_NODES, grouped
from autosched.graph.infer import bind
from autosched.graph.parser import parse
from autosched.graph.passes.fold import fold
from tests.graph.networks import image_net


def groups_of(source: str) -> list[list[str]]:
    """The operators of each group of a graph of float32[3] inputs."""
    graph = bind(parse(source), {})
    return [[node.name for node in group.nodes] for group in grouped(graph)]


def body(*lines: str, outputs: str = "z") -> str:
    inputs = "x: float32[3, 3], w: float32[3, 3], b: float32[3]"
    return "\n".join([f"graph g({inputs}) {{", *lines, f"return {outputs}", "}"])


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        (["m = matmul(x, w)", "a = add(m, b)", "z = relu(a)"], [["m", "a", "z"]]),
        (["m = matmul(x, w)", "n = matmul(x, x)", "z = add(m, n)"], [["m", "z"], ["n"]]),
        (["e = exp(x)", "m = matmul(x, w)", "z = add(e, m)"], [["e"], ["m", "z"]]),
        (["m = matmul(x, w)", "e = exp(m)", "z = add(e, m)"], [["m", "e", "z"]]),
        (["m = matmul(x, w)", "z = mul(m, m)"], [["m", "z"]]),
        (
            ["m = matmul(x, w)", "a = exp(m)", "c = neg(a)", "d = abs(m)", "z = add(c, d)"],
            [["m", "a", "c", "d", "z"]],
        ),
        (
            ["m = matmul(x, w)", "a = exp(m)", "c = softmax(a)", "z = add(c, m)"],
            [["m"], ["a"], ["c", "z"]],
        ),
        (["m = matmul(x, b)", "e = exp(m)", "z = add(e, x)"], [["m", "e"], ["z"]]),
        (["m = matmul(x, w)", "s = softmax(x)", "z = add(s, m)"], [["m", "z"], ["s"]]),
        (["e = exp(b)", "z = add(x, e)"], [["e"], ["z"]]),
        (["m = matmul(x, w)", "t = transpose(m)", "z = relu(t)"], [["m"], ["t", "z"]]),
        (["m = matmul(x, w)", "n = matmul(m, w)", "z = add(x, n)"], [["m"], ["n", "z"]]),
        (["s = softmax(x)", "z = mul(s, w)"], [["s", "z"]]),
    ],
)
def test_elementwise_nodes_up_to_the_post_dominator_join(
    lines: list[str], groups: list[list[str]]
) -> None:
    order = {name: place for place, names in enumerate(groups) for name in names}
    found = groups_of(body(*lines))
    assert sorted(found) == sorted(groups)
    assert len(order) == sum(map(len, found))


def test_a_value_that_the_caller_gets_is_no_part_of_another_group() -> None:
    lines = ["m = matmul(x, w)", "z = relu(m)"]
    assert groups_of(body(*lines, outputs="z, m")) == [["m"], ["z"]]


def test_no_group_waits_for_itself() -> None:
    """The sum reads both the product and, through a softmax of it, something after it."""
    lines = ["m = matmul(x, w)", "a = relu(m)", "t = transpose(a)", "s = softmax(t)"]
    assert groups_of(body(*lines, "z = add(a, s)")) == [["m", "a"], ["t"], ["s", "z"]]


def test_groups_come_after_what_they_read() -> None:
    lines = ["e = exp(x)", "m = matmul(x, w)", "t = transpose(e)", "z = add(m, t)"]
    found = groups_of(body(*lines))
    assert found.index(["e"]) < found.index(["t"]) < found.index(["m", "z"])


def test_a_value_on_the_way_that_the_caller_gets_ends_a_group() -> None:
    lines = ["m = matmul(x, w)", "e = exp(m)", "z = add(e, m)"]
    assert groups_of(body(*lines, outputs="z, e")) == [["m"], ["e"], ["z"]]


def test_a_group_has_a_largest_size() -> None:
    lines = ["y0 = exp(x)"] + [f"y{n} = exp(y{n - 1})" for n in range(1, 2 * MAX_NODES)]
    found = groups_of(body(*lines, outputs=f"y{2 * MAX_NODES - 1}"))
    assert [len(group) for group in found] == [MAX_NODES, MAX_NODES]


def test_inputs_and_outputs_of_a_group() -> None:
    graph: Graph = fold(bind(image_net(), {"n": 2}))
    first, view = grouped(graph)
    assert first.name == "y +1"
    assert [value.name for value in first.inputs] == ["x", "w"]
    assert [value.name for value in first.outputs(graph)] == ["relu out"]
    assert [value.name for value in view.outputs(graph)] == ["z"]
    assert all(isinstance(array, np.ndarray) for array in graph.constants.values())


def test_a_marked_result_is_computed_with_its_reader() -> None:
    source = """graph g(x: float32[1, 3, 4, 4], w: float32[3, 3, 1, 1], v: float32[3, 1, 3, 3]) {
      y = conv(x, w)
      a = relu(y)
      r = identity(a)
      p = planes(r)
      d = conv(p, v, groups=3)
      z = relu(d)
      return z
    }"""
    assert groups_of(source) == [["y", "a", "r", "p", "d", "z"]]
    two = source.replace("return z", "u = exp(r)\n      return z, u")
    assert groups_of(two) == [["y", "a"], ["r"], ["p"], ["d", "z"], ["u"]]
