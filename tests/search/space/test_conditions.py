"""Conditions on data axes are tested after reductions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.conditions import choose_after
from autosched.search.space.generate import space
from autosched.target.target import Target

HOST = replace(Target.host(), threads=1)
M, K, N = 19, 23, 37

A, B = te.placeholder((M, K), name="A"), te.placeholder((K, N), name="B")
MASK = te.placeholder((M, N), name="X")


def product(condition: Callable[[Any, Any], Any]) -> te.Tensor:
    k = te.reduce_axis((0, K), name="k")
    value = lambda i, j: te.if_then_else(condition(i, j), A[i, k] * B[k, j], 0.0)  # noqa: E731
    return te.compute((M, N), lambda i, j: te.sum(value(i, j), axis=k), name="C")


CONDITIONS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "triangle": (lambda i, j: j <= i + 12, lambda x: np.tri(M, N, 12) > 0),
    "rows": (lambda i, j: te.all(i >= 3, i < 17), lambda x: np.arange(M)[:, None] % 17 >= 3),
    "data": (lambda i, j: MASK[i, j] > 0.0, lambda x: x > 0),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_results_that_are_chosen(name: str) -> None:
    condition, meant = CONDITIONS[name]
    output = product(condition)
    assert choose_after(SketchBuilder([output]))
    inputs = [A, B, MASK] if name == "data" else [A, B]
    kernel = autosched.build([*inputs, output], target=HOST)
    rng = np.random.default_rng(0)
    shapes = [[int(size.value) for size in each.shape] for each in inputs]
    given = [rng.standard_normal(shape).astype("float32") for shape in shapes]
    given[1][:, ::5] = np.inf
    result = np.empty((M, N), "float32")
    kernel(*given, result)
    with np.errstate(invalid="ignore"):
        whole = given[0].astype("float64") @ given[1]
    chosen = np.broadcast_to(meant(given[-1]), (M, N)) if name == "data" else meant(given[0])
    expected = np.where(chosen, whole, 0.0)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_few_results_stay_under_their_condition() -> None:
    assert not choose_after(SketchBuilder([product(lambda i, j: i < 2)]))


def test_a_search_has_both_kinds_of_loops() -> None:
    names = [sketch.name for sketch in space([product(CONDITIONS["triangle"][0])], HOST).sketches]
    assert "_parts" in names[0]
    assert any("_parts" not in name and name != "plain" for name in names)
