"""Random networks keep their meaning through text, passes and compilation."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.network import compiled
from autosched.graph.parser import parse
from autosched.graph.passes import pipeline
from autosched.graph.printer import text
from autosched.graph.verifier import verify
from tests.graph.random_networks import random_network

CPU = parse_target("cpu -threads=1")


def check_same(got: list[np.ndarray], wanted: list[np.ndarray], graph: Graph) -> None:
    for array, right in zip(got, wanted, strict=True):
        assert (array.dtype, array.shape) == (right.dtype, right.shape)
        np.testing.assert_allclose(array, right, rtol=2e-3, atol=2e-3, err_msg=text(graph))


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_text_and_passes_keep_the_meaning(first: int) -> None:
    for seed in range(first, first + 50):
        graph, inputs = random_network(seed)
        verify(graph)
        wanted = evaluate(graph, inputs)
        arrays = {value.name: array for value, array in graph.constants.items()}
        again = parse(text(graph), arrays)
        assert text(again) == text(graph)
        check_same(evaluate(again, inputs), wanted, graph)
        new = pipeline.run(graph)
        verify(new)
        assert [value.type for value in new.outputs] == [value.type for value in graph.outputs]
        check_same(evaluate(new, inputs), wanted, graph)


@pytest.mark.parametrize("seed", range(12))
def test_compiled_networks_compute_what_their_graphs_mean(seed: int) -> None:
    graph, inputs = random_network(seed)
    made = compiled(pipeline.run(graph), CPU)
    check_same(made.run(inputs), evaluate(graph, inputs), graph)
