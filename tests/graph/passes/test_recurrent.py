"""Recurrent layers as their steps compute what the layers do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import TypedBuilder
from autosched.graph.network import compiled
from autosched.graph.operators import OPERATORS
from autosched.graph.passes import pipeline
from autosched.graph.passes.recurrent import MOST_STEPS, recurrent
from autosched.graph.types import TensorType
from autosched.graph.verifier import verify
from autosched.ir.dtype import FLOAT32

rng = np.random.default_rng(29)


def floats(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def layer(
    kind: str, steps: int = 3, *, biased: bool = True, initial: bool = False, **attributes: Any
) -> Graph:
    """A layer of 5 features and 4 hidden ones, on a batch of 2; all its outputs."""
    gates, states = {"lstm": (4, 2), "gru": (3, 1)}[kind]
    ways = 2 if attributes.get("direction") == "bidirectional" else 1
    builder = TypedBuilder("g")
    x = builder.input("x", TensorType(FLOAT32, (steps, 2, 5)))
    matrices = [floats(ways, 4 * gates, 5), floats(ways, 4 * gates, 4)]
    given = [builder.constant(array) for array in matrices]
    given.append(builder.constant(floats(ways, 8 * gates)) if biased else None)  # type: ignore[arg-type]
    first = [builder.input(f"h{n}", TensorType(FLOAT32, (ways, 2, 4))) for n in range(states)]
    more = [None, *first] if initial else []
    made = builder.add(OPERATORS[kind](**attributes), x, *given, *more, count=1 + states)
    return builder.build(made)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(("kind", "more"), [("lstm", {}), ("gru", {"reset_after": True})])
def test_the_steps_compute_what_the_layer_does(
    kind: str, more: dict[str, bool], direction: str
) -> None:
    for graph in (
        layer(kind, direction=direction, **more),
        layer(kind, 1, direction=direction, biased=False, initial=True, **more),
    ):
        new = recurrent(graph)
        verify(new)
        assert kind not in {node.operator.name for node in new.nodes}
        arrays = [floats(*value.type.sizes) for value in graph.inputs]  # type: ignore[union-attr]
        network = compiled(pipeline.run(graph), parse_target("cpu -threads=1"))
        assert all(step.kernel is not None for step in network.steps)
        wanted = evaluate(graph, arrays)
        for found in (evaluate(new, arrays), network.run(arrays)):
            for got, expected in zip(found, wanted, strict=True):
                np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("lstm", {"clip": 1.0}),
        ("lstm", {"activations": ("relu",) * 3}),
        ("lstm", {"coupled": True}),
        ("lstm", {"steps": MOST_STEPS + 1}),
        ("gru", {"reset_after": False}),
        ("gru", {"batch_first": True, "reset_after": True}),
    ],
)
def test_other_layers_stay(kind: str, attributes: dict[str, Any]) -> None:
    graph = layer(kind, **attributes)
    assert [node.operator.name for node in recurrent(graph).nodes] == [kind]


def test_matrices_may_be_computed_from_constants() -> None:
    builder = TypedBuilder("g")
    x = builder.input("x", TensorType(FLOAT32, (1, 2, 5)))
    halves = [builder.constant(floats(1, 8, 5)) for _ in range(2)]
    (weight,) = builder.add(OPERATORS["concat"](axis=1), *halves)
    recurrence = builder.constant(floats(1, 16, 4))
    made = builder.add(OPERATORS["lstm"](), x, weight, recurrence, count=3)
    left = {node.operator.name for node in pipeline.run(builder.build(made)).nodes}
    assert "lstm_cell" in left
    assert "lstm" not in left
