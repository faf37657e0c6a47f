"""Random networks keep their meaning through passes, each on or off, and compilation."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.backends.parse import parse
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.network import compiled
from autosched.graph.passes import pipeline
from autosched.graph.printer import text
from autosched.graph.verifier import verify
from tests.fuzz.isolated import isolated
from tests.fuzz.networks import random_network
from tests.properties import examples

Arrays = list[np.ndarray]

NETWORKS, COMPILED = 60, 6
SEEDS = st.integers(0, 1 << 32)


def check_same(got: Arrays, wanted: Arrays, graph: Graph) -> None:
    for array, right in zip(got, wanted, strict=True):
        assert (array.dtype, array.shape) == (right.dtype, right.shape)
        if array.dtype.kind == "f":
            scale = np.max(np.abs(right), initial=1, where=np.isfinite(right))
            np.testing.assert_allclose(
                array, right, rtol=2e-3, atol=2e-3 * scale, err_msg=text(graph)
            )
        else:
            np.testing.assert_array_equal(array, right, err_msg=text(graph))


def passed(seed: int) -> tuple[Graph, Arrays, Arrays]:
    """A network after the passes, some left out, with its inputs, and outputs before them."""
    graph, inputs = random_network(seed)
    verify(graph)
    random = Random(seed)
    share = random.choice((0, 0, 0.1, 0.5))
    without = [name for name in pipeline.PIPELINE if random.random() < share]
    with np.errstate(all="ignore"):
        wanted = evaluate(graph, inputs)
        new = pipeline.run(graph, without)
    verify(new)
    assert [value.type for value in new.outputs] == [value.type for value in graph.outputs]
    return new, inputs, wanted


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@examples(NETWORKS)
@given(SEEDS)
def test_passes_keep_the_meaning(seed: int) -> None:
    new, inputs, wanted = passed(seed)
    check_same(evaluate(new, inputs), wanted, new)


def check_compiled(seed: int, threads: int) -> None:
    new, inputs, wanted = passed(seed)
    network = compiled(new, parse(f"cpu -threads={threads}"))
    for _ in range(2):  # the second run finds what the first left in the arena
        check_same(network.run(inputs), wanted, new)


@examples(COMPILED)
@given(SEEDS, st.sampled_from((1, 2)))
def test_compiled_networks_compute_what_they_mean(seed: int, threads: int) -> None:
    isolated(check_compiled, seed, threads)
