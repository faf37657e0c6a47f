from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.expression import expression
from autosched.graph.groups import grouped
from autosched.graph.infer import bind
from autosched.graph.operators.operator import Undefined
from autosched.graph.parser import parse
from autosched.graph.passes.fold import fold
from autosched.te.evaluate import evaluate
from tests.graph.networks import image_net


def test_a_group_is_one_expression_of_its_inputs() -> None:
    graph = fold(bind(image_net(), {"n": 2}))
    group = grouped(graph)[0]
    made = expression(group, graph)
    assert [value.name for value in made.inputs] == ["x", "w"]
    assert [value.name for value in made.constants] == ["w"]
    assert [value.name for value in made.outputs] == ["relu out"]
    x, w, y = made.tensors
    assert w.op.constant  # type: ignore[attr-defined]
    assert not x.op.constant  # type: ignore[attr-defined]
    arrays = {x: np.ones((2, 3, 8, 8), np.float32), w: graph.constants[made.constants[0]]}
    assert evaluate([y], arrays)[0].shape == (2, 4, 6, 6)


@pytest.mark.parametrize(
    ("kind", "number"),
    [("float32[1, 1]", 0.1), ("int64[]", -(2**40)), ("bool[1]", True), ("float16[]", 0.5)],
)
def test_a_constant_of_one_element_is_no_input(kind: str, number: float) -> None:
    source = f'graph g(x: {kind}) {{\n c: {kind} = constant "c"\n y = equal(x, c)\n return y\n}}'
    name, _, shape = kind.partition("[")
    array = np.full([1] * shape.count("1"), number, name)
    graph = bind(parse(source, {"c": array}), {})
    (group,) = grouped(graph)
    made = expression(group, graph)
    assert [value.name for value in made.inputs] == ["x"]
    given, y = made.tensors
    for value, truth in ((number, True), (0, False)):
        arrays = {given: np.full(array.shape, value, given.dtype.numpy)}
        assert (evaluate([y], arrays)[0] == truth).all()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("graph g(x: float32[3]) {\n y = hardmax(x)\n return y\n}", "an operator with a tensor"),
        ("graph g(x: float32[0]) {\n y = exp(x)\n return y\n}", "shape of x to be known and not"),
        (
            "graph g(x: float32[1]) {\n y, z = split(x, parts=2)\n return y\n}",
            "elements of z to compute",
        ),
        (
            "graph g(x: float32[3], s: int64[1]) {\n y = reshape(x, s)\n return y\n}",
            "expected s of y to be a constant",
        ),
    ],
)
def test_what_te_cannot_say_is_told(source: str, message: str) -> None:
    graph = bind(parse(source), {})
    (group,) = grouped(graph)
    with pytest.raises(Undefined, match=message):
        expression(group, graph)
