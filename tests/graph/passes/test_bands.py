from __future__ import annotations

from math import inf

import numpy as np
import pytest

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import bind
from autosched.graph.operators.movement import Band
from autosched.graph.parser import parse
from autosched.graph.passes.bands import LOWEST, bands
from autosched.graph.verifier import verify

X = np.random.default_rng(3).standard_normal((2, 5, 7)).astype(np.float32)
PLACE = np.arange(7) - np.arange(5)[:, np.newaxis]
CAUSAL, WINDOW = PLACE <= 2, (PLACE >= -1) & (PLACE <= 1)


def of(line: str, mask: np.ndarray, fill: float = -inf) -> Graph:
    """The graph of a line over x, a mask and a number."""
    kind = "bool" if mask.dtype == bool else "float32"
    arrays = {"m": mask, "f": np.array(fill, np.float32)}
    lines = [f'm: {kind}{list(mask.shape)} = constant "m"', 'f: float32[] = constant "f"', line]
    text = "\n".join(lines)
    return bind(parse(f"graph g(x: float32[2, 5, 7]) {{\n{text}\nreturn z\n}}", arrays), {})


def bias(kept: np.ndarray, hidden: float = -inf) -> np.ndarray:
    return np.where(kept, np.float32(0), np.float32(hidden))


@pytest.mark.parametrize(
    ("line", "mask", "band"),
    [
        ("z = add(x, m)", bias(CAUSAL), Band(high=2, fill=-inf)),
        ("z = add(m, x)", bias(WINDOW)[np.newaxis], Band(low=-1, high=1, fill=-inf)),
        ("z = add(x, m)", bias(CAUSAL, LOWEST), Band(high=2, fill=LOWEST)),
        ("z = where(m, x, f)", PLACE >= 1, Band(low=1, fill=-3.0)),
        ("z = where(m, f, x)", ~CAUSAL, Band(high=2, fill=-3.0)),
    ],
)
def test_masks_that_keep_a_band(line: str, mask: np.ndarray, band: Band) -> None:
    graph = of(line, mask, fill=-3.0)
    new = bands(graph)
    verify(new)
    assert [node.operator for node in new.nodes] == [band]
    np.testing.assert_array_equal(evaluate(new, [X])[0], evaluate(graph, [X])[0])


@pytest.mark.parametrize(
    ("line", "mask"),
    [
        ("z = add(x, m)", bias(PLACE != 1)),
        ("z = add(x, m)", bias(PLACE < 9)),
        ("z = add(x, m)", bias(PLACE > 9)),
        ("z = add(x, m)", bias(CAUSAL) + np.float32(1)),
        ("z = add(x, m)", bias(CAUSAL, -1e9)),
        ("z = add(x, m)", np.stack([bias(CAUSAL), bias(WINDOW)])),
        ("z = add(x, m)", bias(CAUSAL)[:1]),
        ("z = mul(x, m)", bias(CAUSAL)),
        ("z = where(m, x, x)", CAUSAL),
    ],
    ids=["a hole", "all", "none", "numbers", "a number", "two", "one row", "product", "no number"],
)
def test_others_stay(line: str, mask: np.ndarray) -> None:
    new = bands(of(line, mask))
    assert not any(isinstance(node.operator, Band) for node in new.nodes)


def test_without_elements() -> None:
    text = 'm: float32[0, 7] = constant "m"\nz = add(x, m)\nreturn z'
    arrays = {"m": np.zeros((0, 7), np.float32)}
    graph = bind(parse(f"graph g(x: float32[2, 0, 7]) {{\n{text}\n}}", arrays), {})
    assert [node.operator.name for node in bands(graph).nodes] == ["add"]
