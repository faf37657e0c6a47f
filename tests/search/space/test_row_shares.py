"""Reductions down columns whose rows threads share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.dag import inputs
from tests.search.space.nests import reduced, rows, shown
from tests.search.tasks import MACHINE

TWO = MACHINE.with_threads(2)


def first(y: te.Tensor, target: Target = TWO) -> str:
    sketch = space([y], target).sketches[0]
    return str(replay([y], sketch.bind(sketch.default)))


def is_shared(y: te.Tensor, target: Target = TWO) -> bool:
    """Whether threads share the rows; else they share columns."""
    text = first(y, target)
    assert ("parallel k.outer in" in text) != ("parallel j.outer in" in text)
    return "parallel k.outer in" in text


def columns(m: int, n: int, by: Any = te.sum) -> te.Tensor:
    x, k = rows(m, n, "x"), te.reduce_axis((0, m), name="k")
    return te.compute((n,), lambda j: by(x[k, j], axis=k), name="y")


def test_each_thread_reduces_two_shares_of_the_rows() -> None:
    assert first(columns(2048, 96)) == shown(
        """
        parallel k.outer in 0..4:
            for k.inner.outer in 0..64:
                for j.c.outer in 0..6:
                    unrolled k.inner.inner in 0..8:
                        vectorized j.c.inner in 0..16:
                            y.local.rf[k.outer, j.c] += x[k.outer*512 + k.inner, j.c]
        for j.outer in 0..3:
            alloc y.local: float32 local
            for k.outer.v.outer in 0..1:
                unrolled k.outer.v.inner in 0..4:
                    vectorized j.c in 0..96 at most:
                        y.local[j.c] += y.local.rf[k.outer.v, j.c]
            vectorized j.inner in 0..32:
                y[j] = y.local[j]
        """
    )


def test_shares_are_long_and_their_results_few() -> None:
    assert is_shared(columns(1024, 1024))
    assert not is_shared(columns(1023, 1024))
    assert not is_shared(columns(1024, 1025))
    assert not is_shared(columns(1024, 1024), MACHINE)  # of four threads
    assert is_shared(columns(2048, 1024), MACHINE)


def test_rows_from_memory_may_have_more_results() -> None:
    assert is_shared(columns(2048, 4096))
    assert not is_shared(columns(2048, 4096), replace(TWO, l3_bytes=1 << 26))
    assert not is_shared(columns(2048, 4097))


def test_rows_from_memory_are_far_apart() -> None:
    text = first(columns(2048, 96), replace(TWO, l3_bytes=1 << 16))
    assert "for k.inner.inner in 0..128:" in text
    assert "unrolled k.inner.outer in 0..4:" in text
    small = replace(MACHINE.with_threads(1), l1_bytes=1 << 14, l3_bytes=1 << 16)
    assert "unrolled k.inner in 0..8:" in first(columns(64, 16384), small), "L1 keeps fewer sums"


def test_one_thread_has_no_shares() -> None:
    assert ".rf" not in first(columns(2048, 96), MACHINE.with_threads(1))


def test_a_sum_that_needs_another_one_is_not_shared_by_rows() -> None:
    x = rows(2048, 256, "x")
    mean = reduced(x, 0, name="mean")
    p = te.reduce_axis((0, 2048), name="p")
    y = te.compute((256,), lambda j: te.sum(te.abs(x[p, j] - mean[j]), axis=p), name="y")
    assert ".rf" not in first(y)


@pytest.mark.parametrize(("m", "n"), [(1031, 1000), (2048, 17), (1543, 1), (4099, 8), (5, 700)])
@pytest.mark.parametrize("by", [te.sum, te.max], ids=["sum", "max"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("is_far", [False, True])
def test_odd_sizes_have_the_right_results(
    m: int, n: int, by: Any, threads: int, is_far: bool
) -> None:
    y = columns(m, n, by)
    target = Target.host().with_threads(threads)
    if is_far:
        target = replace(target, l3_bytes=1)
    sketches = space([y], target).sketches
    (x,) = inputs([y])
    given = np.random.default_rng(0).random((m, n), np.float32)
    want = given.sum(0, dtype=np.float64) if by is te.sum else given.max(0)
    for sketch in sketches[:2]:
        kernel = build_schedule(replay([y], sketch.bind(sketch.default)), [x, y], target)
        got = np.full(n, np.nan, np.float32)
        kernel(given, got)
        np.testing.assert_allclose(got, want, rtol=1e-5)
