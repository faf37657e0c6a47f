"""Runs a pass on a graph of text, and checks that it keeps the meaning."""

from __future__ import annotations

import re

import numpy as np

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import bind
from autosched.graph.parser import parse
from autosched.graph.passes.pipeline import Pass
from autosched.graph.verifier import verify


def after(step: Pass, inputs: str, *lines: str, outputs: str = "z") -> Graph:
    """The graph of these lines after a pass, compared with that before on random inputs.

    `c: float32[3] = any` is a constant of random numbers.
    """
    rng = np.random.default_rng(5)
    arrays: dict[str, np.ndarray] = {}

    def drawn(match: re.Match[str]) -> str:
        name, dtype, shape = match.groups()
        sizes = [int(size) for size in shape.split(",") if size]
        arrays[name] = rng.uniform(0.5, 2, sizes).astype(dtype)
        return f'{name}: {dtype}[{shape}] = constant "{name}"'

    body = re.sub(r"(\w+): (\w+)\[([\d, ]*)\] = any", drawn, "\n".join(lines))
    graph = bind(parse(f"graph g({inputs}) {{\n{body}\nreturn {outputs}\n}}", arrays), {})
    new = step(graph)
    verify(new)
    for side in ("inputs", "outputs"):
        old = [(value.name, value.type) for value in getattr(graph, side)]
        assert [(value.name, value.type) for value in getattr(new, side)] == old
    given = [
        rng.uniform(-2, 2, value.type.sizes).astype(value.type.dtype.numpy)  # type: ignore[union-attr]
        for value in graph.inputs
    ]
    for got, wanted in zip(evaluate(new, given), evaluate(graph, given), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    return new


def kinds(graph: Graph) -> list[str]:
    return [node.operator.name for node in graph.nodes]


def equations(graph: Graph) -> list[str]:
    return [node.operator.equation for node in graph.nodes if node.operator.name == "einsum"]  # type: ignore[attr-defined]
