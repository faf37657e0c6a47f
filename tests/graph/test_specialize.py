"""Networks are made for the sizes of their inputs, and for the inputs that decide shapes."""

import numpy as np

from autosched.graph.parser import parse
from autosched.graph.specialize import MOST_VALUES, deciding, key_of, retyped, specialized
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype


def test_inputs_on_whose_elements_shapes_depend() -> None:
    graph = parse("""graph g(x: float32[n, 6], y: float32[n], to: int64[2], by: int64[], m) {
      s = shape(y)
      t = mul(to, by)
      c = concat(t, s, m, axis=0)
      z = reshape(x, c)
      return z
    }""")
    assert {value.name for value in deciding(graph)} == {"to", "by", "m"}


def test_an_input_of_more_dimensions_decides_nothing() -> None:
    graph = parse("""graph g(x: float32[4], i: int64[n, n]) {
      f = flatten(i)
      z = reshape(x, f)
      return z
    }""")
    assert not deciding(graph)


def test_calls_that_one_network_serves_have_one_key() -> None:
    x, to = np.zeros((2, 3), np.float32), np.array([3, 2])
    key = key_of([x, to], [False, True])
    assert key == key_of([x + 1, to.copy()], [False, True])
    assert key != key_of([x, to[::-1]], [False, True])
    assert key != key_of([x.T, to], [False, True])
    assert key != key_of([x.astype(np.float64), to], [False, True])
    assert key_of([np.zeros(MOST_VALUES + 1)], [True])[0][2] is None


def test_a_known_input_becomes_a_constant() -> None:
    graph = parse("""graph g(x: float32[n, 6], to: int64[k]) {
      z = reshape(x, to)
      return z
    }""")
    made = specialized(graph, key_of([np.zeros((2, 6), np.float32), np.array([4, 3])], [0, 1]))
    assert [value.name for value in made.inputs] == ["x"]
    assert str(made.outputs[0].type) == "float32[4, 3]"


def test_some_sizes_stay_open() -> None:
    graph = parse("graph g(x: float32[n, m]) {\n  y = relu(x)\n  return y\n}")
    made = retyped(graph, {"x": TensorType(dtype("float32"), (2, "m"))})
    assert made.sizes == ["m"]
