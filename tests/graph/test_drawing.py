"""Inputs that are drawn for a model."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.drawing import complete
from autosched.graph.parser import parse

GRAPH = parse("""graph g(
  x: float32[n, m], mask: bool[n], ids: int64[n, 5], b: uint8[64], h: bfloat16[2]
) {
  y = relu(x)
  return y, mask, ids, b, h
}""")


def test_inputs_that_are_not_given_are_drawn() -> None:
    x = np.zeros((3, 4), np.float32)
    made = complete(GRAPH, {"x": x}, {})
    assert list(made) == ["x", "mask", "ids", "b", "h"]
    assert made["x"] is x
    assert (made["mask"].dtype, made["mask"].shape) == (np.bool_, (3,))
    assert made["ids"].shape == (3, 5)
    assert set(made["ids"].reshape(-1)) == {0, 1}
    assert made["b"].max() > 128
    assert (made["h"].dtype, made["h"].shape) == (np.uint16, (2,))


def test_the_seed_decides() -> None:
    sizes = {"n": 2, "m": 3}
    first = complete(GRAPH, {}, sizes, seed=1)
    assert all(map(np.array_equal, first.values(), complete(GRAPH, {}, sizes, seed=1).values()))
    assert not np.array_equal(first["x"], complete(GRAPH, {}, sizes, seed=2)["x"])
    assert abs(first["x"]).max() <= 1


@pytest.mark.parametrize(
    ("given", "sizes", "message"),
    [
        ({}, {"m": 1}, "a value for each size of g, got none for n"),
        ({"z": np.zeros(1)}, {}, r"expected inputs of g \(x, mask, ids, b, h\), got z"),
        ({"x": np.zeros((2, 2))}, {}, "for the input x, got float64"),
        ({"x": np.zeros((3, 2), np.float32)}, {"n": 2}, "for the input mask|for the input x"),
        ({}, {"n": 1 << 40, "m": 1}, "values that fit into the memory, got .* for x"),
    ],
)
def test_inputs_that_cannot_be_drawn(
    given: dict[str, np.ndarray], sizes: dict[str, int], message: str
) -> None:
    with pytest.raises(GraphError, match=message):
        complete(GRAPH, given, sizes)


def test_inputs_that_must_be_given() -> None:
    graph = parse("graph g(x: float32[4], to: int64[1]) {\n  y = reshape(x, to)\n  return y\n}")
    with pytest.raises(GraphError, match="the input to, on which shapes depend, got none") as error:
        complete(graph, {}, {})
    assert "--input to=[2,3]" in (error.value.hint or "")
    with pytest.raises(GraphError, match="the input x, whose type is open, got none"):
        complete(parse("graph g(x) {\n  y = relu(x)\n  return y\n}"), {}, {})
