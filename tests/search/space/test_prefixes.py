"""Cumulative sums and the like go through blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.api import as_task
from autosched.schedule.primitives.split import Split
from autosched.search.choice import choose
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.prefixes import block_prefixes
from autosched.search.space.tiles import Core
from autosched.target.target import Target

HOST = replace(Target.host(), threads=1)
CORE = Core.of(HOST, 32)


def along(shape: tuple[int, ...], place: int, dtype: str, reducer: Any) -> te.Tensor:
    """Reduce up to each point of one dimension."""
    X, k = te.placeholder(shape, dtype, name="X"), te.reduce_axis((0, shape[place]), name="k")

    def value(*point: Any) -> Any:
        read = X[(*point[:place], k, *point[place + 1 :])]
        return reducer(read, axis=k, where=k <= point[place])

    return te.compute(shape, value, name="C")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize(
    ("shape", "place"),
    [
        ((1, 131), 1),
        ((7, 257), 1),
        ((9, 5), 1),
        ((5, 17), 1),
        ((97, 5), 0),
        ((3, 83, 2), 1),
        ((2, 67, 1), 1),
        ((1031,), 0),
    ],
)
def test_sums_along_each_dimension(shape: tuple[int, ...], place: int, dtype: str) -> None:
    C = along(shape, place, dtype, te.sum)
    assert block_prefixes(SketchBuilder([C]), CORE)
    kernel = autosched.build([*C.op.input_tensors, C], target=HOST)
    x = (100 * np.random.default_rng(0).standard_normal(shape)).astype(dtype)
    result = np.empty(shape, dtype)
    kernel(x, result)
    np.testing.assert_allclose(result, x.cumsum(place), rtol=1e-4, atol=1e-2)


def test_the_greatest_of_halves() -> None:
    C = along((5, 130), 1, "float16", te.max)
    assert block_prefixes(SketchBuilder([C]), CORE)
    kernel = autosched.build([*C.op.input_tensors, C], target=HOST)
    x = np.random.default_rng(0).standard_normal((5, 130)).astype("float16")
    result = np.empty((5, 130), "float16")
    kernel(x, result)
    np.testing.assert_array_equal(result, np.maximum.accumulate(x, 1))


def test_infinities_stay_where_they_are() -> None:
    C = along((1, 130), 1, "float32", te.sum)
    kernel = autosched.build([*C.op.input_tensors, C], target=HOST)
    x = np.ones((1, 130), "float32")
    x[0, 70] = np.inf
    result = np.empty((1, 130), "float32")
    kernel(x, result)
    np.testing.assert_array_equal(result, x.cumsum(1))


def test_floats_are_summed_otherwise_only_within_the_tolerance() -> None:
    exact = Core.of(HOST.with_tolerance(0), 32)
    assert not block_prefixes(SketchBuilder([along((3, 130), 1, "float32", te.sum)]), exact)
    assert block_prefixes(SketchBuilder([along((3, 130), 1, "int32", te.sum)]), exact)
    assert block_prefixes(SketchBuilder([along((3, 130), 1, "float32", te.max)]), exact)
    assert not block_prefixes(SketchBuilder([along((3, 130), 1, "float16", te.sum)]), CORE)


def test_conditions_in_the_value() -> None:
    X, k = te.placeholder((5, 131), name="X"), te.reduce_axis((0, 131), name="k")
    chosen = lambda i, j: te.if_then_else(k < j, X[i, k], 0.0)  # noqa: E731
    C = te.compute((5, 131), lambda i, j: te.sum(chosen(i, j), axis=k), name="C")
    assert choose(as_task([X, C], "cpu", 1), None).algorithm
    kernel = autosched.build([X, C], target=HOST)
    x = np.random.default_rng(0).standard_normal((5, 131)).astype("float32")
    result = np.empty((5, 131), "float32")
    kernel(x, result)
    np.testing.assert_allclose(result, x.cumsum(1) - x, rtol=1e-4, atol=1e-4)


def test_a_few_points_stay() -> None:
    for shape, place in (((3, 4), 1), ((3, 4, 1), 1), ((15, 3), 0)):
        assert not block_prefixes(SketchBuilder([along(shape, place, "int32", te.sum)]), CORE)


def test_blocks_across_vectors_are_short() -> None:
    assert block_prefixes(SketchBuilder([along((16, 3), 0, "int32", te.sum)]), CORE)
    C = along((2, 67, 3), 1, "int32", te.sum)
    kernel = autosched.build([*C.op.input_tensors, C], target=HOST)
    x = np.random.default_rng(0).integers(-9, 9, (2, 67, 3), "int32")
    result = np.empty((2, 67, 3), "int32")
    kernel(x, result)
    np.testing.assert_array_equal(result, x.cumsum(1))


def test_the_schedule_names_the_algorithm() -> None:
    C = along((3, 130), 1, "float32", te.sum)
    assert choose(as_task([*C.op.input_tensors, C], "cpu", 1), None).algorithm


@pytest.mark.parametrize("columns", [7 * CORE.lanes, 6 * CORE.lanes + 3])
def test_seven_vectors_are_summed_together(columns: int) -> None:
    """One vector alone would wait for each of its additions."""
    C = along((33, columns), 1, "float32", te.sum)
    chosen = choose(as_task([*C.op.input_tensors, C], HOST, 1), None)
    splits = [step for step in chosen.schedule.trace if isinstance(step, Split)]
    assert columns in [step.factor for step in splits]
    kernel = autosched.build([*C.op.input_tensors, C], target=HOST)
    x = np.random.default_rng(0).standard_normal((33, columns)).astype("float32")
    result = np.empty((33, columns), "float32")
    kernel(x, result)
    np.testing.assert_allclose(result, x.cumsum(1), rtol=1e-4, atol=1e-4)
