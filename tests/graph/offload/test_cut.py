"""Cuts cost the least of all that there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from autosched.graph.offload.cut import NEVER, source_side

INNER = "abcd"


def cost(edges: dict[tuple[str, str], float], side: set[str]) -> float:
    return sum(capacity for (a, b), capacity in edges.items() if a in side and b not in side)


@pytest.mark.parametrize("seed", range(20))
def test_no_cut_costs_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = ["s", *INNER, "t"]
    edges = {
        (a, b): float(rng.integers(0, 20))
        for a, b in product(nodes, nodes)
        if a != b and rng.random() < 0.6
    }
    found = source_side(edges, "s", "t")
    assert "s" in found
    assert "t" not in found
    sides = [
        {"s", *(node for node, is_in in zip(INNER, choice, strict=True) if is_in)}
        for choice in product((False, True), repeat=len(INNER))
    ]
    assert cost(edges, found) == min(cost(edges, side) for side in sides)


def test_some_edges_are_never_cut() -> None:
    edges = {("s", "a"): 9.0, ("a", "b"): NEVER, ("b", "t"): 5.0, ("a", "t"): 1.0}
    assert source_side(edges, "s", "t") == {"s", "a", "b"}
