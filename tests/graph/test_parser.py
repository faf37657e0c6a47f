from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import GraphBuilder
from autosched.graph.infer import bind
from autosched.graph.operators import OPERATORS
from autosched.graph.parser import parse
from autosched.graph.printer import text
from tests.graph.networks import choice_net, image_net
from tests.graph.operators.samples import SAMPLES


def test_a_printed_graph_is_read_again() -> None:
    graph = bind(image_net(), {"n": 2})
    arrays = {value.name: array for value, array in graph.constants.items()}
    again = parse(text(graph), arrays)
    assert text(again) == text(graph)
    x = np.ones((2, 3, 8, 8), np.float32)
    assert np.array_equal(evaluate(again, [x])[0], evaluate(graph, [x])[0])


def test_graphs_inside_graphs_are_read_again() -> None:
    assert text(parse(text(choice_net()))) == text(choice_net())


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_attributes_are_read_again(sample: object) -> None:
    builder = GraphBuilder("g")
    given = [None if x is None else builder.input("x", None) for x in sample.inputs]  # type: ignore[attr-defined]
    graph = builder.build(builder.add(sample.operator, *given))  # type: ignore[attr-defined]
    (node,) = parse(text(graph)).nodes
    assert node.operator == sample.operator  # type: ignore[attr-defined]
    assert [value is None for value in node.inputs] == [value is None for value in given]


def test_odd_floats_and_names_are_read_again() -> None:
    builder = GraphBuilder('a "graph"')
    odd = np.array([np.inf, -np.inf, 1e-30, -0.0, 0.1], np.float32)
    value = builder.constant(odd, "line\nbreak")
    graph = builder.build(builder.add(OPERATORS["elu"](alpha=1e-7), value, name="return"))
    again = parse(text(graph))
    assert text(again) == text(graph)
    (array,) = again.constants.values()
    assert array.tobytes() == odd.tobytes()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "expected graph in line 1 of the graph, got 'the end'"),
        ("graph g(x: float32[2]) {\n  y = tanh(x)\n", "expected a name in line 2"),
        ("graph g() {\n  y = tanh(x)\n  return y\n}", "a value that is computed before, not 'x'"),
        ("graph g(x) {\n  y = sing(x)\n  return y\n}", "expected an operator, not 'sing'"),
        ("graph g(x) {\n  y = tanh(x, a=1)\n  return y\n}", "attributes of tanh, not a"),
        ("graph g(x) {\n  x = tanh(x)\n  return x\n}", "another name than 'x', which is taken"),
        ("graph g(x) {\n  return y\n}", "expected a value that is computed, not 'y'"),
        ('graph g() {\n  w: float32[2] = constant "w"\n  return w\n}', "array of the constant 'w'"),
        ("graph g() {\n  w: float32[2] = constant [1]\n  return w\n}", "got 1 elements"),
        ("graph g() {\n  w = constant [1]\n  return w\n}", "a type of the constant 'w'"),
        (
            "graph g() {\n  w: float32[n] = constant [1]\n  return w\n}",
            "a type of the constant 'w'",
        ),
        (
            "graph g() {\n  w: int8[1] = constant [int8]\n  return w\n}",
            "numbers as elements of 'w'",
        ),
        ('graph g("a\x01") {\n  return x\n}', "expected a text in line 1"),
        ("graph g(x: int8[1e3]) {\n  return x\n}", "expected a name in line 1"),
        (
            "graph g(x) {\n  y = softmax(x, axis=[1])\n  return y\n}",
            "expected int as axis of",
        ),
        ('graph g(x) {\n  y = elu(x, alpha="a")\n  return y\n}', "expected float as alpha of elu"),
        ("graph g(x) {\n  y = cast(x, to=8)\n  return y\n}", "expected DType as to of cast"),
        (
            "graph g(x) {\n  y = transpose(x, permutation=[1, 0.5])\n  return y\n}",
            r"expected tuple\[int, \.\.\.\].* as permutation of transpose",
        ),
        ("graph g(x) {\n  return x\n} more", "expected the end of the text"),
        ("graph g(x) {\n  return x ;\n}", "expected a word, a number or a sign in line 2"),
    ],
)
def test_what_is_no_graph_is_told(source: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        parse(source)
