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
from autosched.search.space.conditions import choose_after, choose_products
from autosched.search.space.generate import space
from autosched.search.space.tiles import Core
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


ROWS = te.placeholder((K,), "int32", name="I")


def one_hot(kind: str, points: int, as_number: bool = False, of_rows: bool = False) -> te.Tensor:
    """Sums of the rows of each point by a product with a 1 for each, or the row of each one."""
    table, k = te.placeholder((points if of_rows else K, N), kind, name="B"), K
    r = te.reduce_axis((0, points if of_rows else k), name="k")

    def value(i: Any, j: Any) -> Any:
        named = ROWS[i].equal(r) if of_rows else ROWS[r].equal(i)
        one = named.astype(kind) if as_number else te.if_then_else(named, te.const(1, kind), 0)
        return te.sum(one * table[r, j], axis=r)

    return te.compute((K if of_rows else points, N), value, name="C")


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "int32", "uint8"])
@pytest.mark.parametrize("as_number", [False, True])
@pytest.mark.parametrize("of_rows", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_products_of_ones_and_zeros(
    kind: str, as_number: bool, of_rows: bool, threads: int
) -> None:
    output = one_hot(kind, 13, as_number, of_rows)
    names = [sketch.name for sketch in space([output], HOST).sketches]
    assert names[0] == "scatter_parts"
    rows = np.random.default_rng(0).integers(-2, 15, K).astype("int32")
    table = np.random.default_rng(1).integers(0, 9, (13 if of_rows else K, N))
    ones = (rows[:, None] == np.arange(13)).astype("int64")
    inputs = sorted(te.dag.inputs([output]), key=lambda each: each.name)
    kernel = autosched.build([*inputs, output], target=replace(HOST, threads=threads))
    given = {"B": table.astype(kind), "I": rows}
    found = kernel(*(given[each.name] for each in inputs))
    np.testing.assert_array_equal(found, (ones if of_rows else ones.T) @ table)


def test_a_tolerance_of_0_keeps_what_infinities_give() -> None:
    exact = replace(HOST, tolerance=0.0)
    assert not choose_products(SketchBuilder([one_hot("float32", 13)]), Core.of(exact, 32))
    assert choose_products(SketchBuilder([one_hot("int32", 13)]), Core.of(exact, 32))
    kernel = autosched.build([ROWS, B, one_hot_of(B)], target=exact)
    b = np.ones((K, N), "float32")
    b[5, 1] = np.inf
    found = kernel(np.full(K, 2, "int32"), b)
    assert np.isnan(found[:2, 1]).all()
    assert np.isinf(found[2, 1])


def test_factors_that_may_be_no_numbers_meet_their_zeros() -> None:
    k = te.reduce_axis((0, K), name="k")
    one = lambda i: te.if_then_else(ROWS[k].equal(i), 1.0, 0.0)  # noqa: E731
    values = (lambda j: te.tanh(B[k, j]), lambda j: te.log(B[k, j]), lambda j: B[k, j] / B[0, j])
    outputs = [te.compute((13, N), lambda i, j, v=v: te.sum(one(i) * v(j), axis=k)) for v in values]
    chosen = [choose_products(SketchBuilder([each]), Core.of(HOST, 32)) for each in outputs]
    assert chosen == [True, False, False]


def one_hot_of(table: te.Tensor) -> te.Tensor:
    k = te.reduce_axis((0, K), name="k")
    one = lambda i: te.if_then_else(ROWS[k].equal(i), 1.0, 0.0)  # noqa: E731
    return te.compute((7, N), lambda i, j: te.sum(one(i) * table[k, j], axis=k), name="C")


def test_other_factors_that_are_0_stay() -> None:
    masked = lambda i, k: te.if_then_else(k <= i, A[i, k], 0.0)  # noqa: E731
    k = te.reduce_axis((0, K), name="k")
    output = te.compute((M, N), lambda i, j: te.sum(masked(i, k) * B[k, j], axis=k), name="C")
    assert not choose_products(SketchBuilder([output]), Core.of(HOST, 32))
    assert not choose_products(SketchBuilder([one_hot("float32", 3)]), Core.of(HOST, 32))
