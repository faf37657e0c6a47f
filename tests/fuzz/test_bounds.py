"""Random schedules of gathers whose indices may be outside: interpreted and built, all alike."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.errors import ArgumentError, AutoschedError, ExpressionError, LoweringError
from autosched.ir.interpreter import interpret
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule import Schedule
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.schedule.intrinsics import without_intrinsics
from tests.schedule.random_schedules import ordered_schedule, random_schedule

HOST = Target.host()
Draw = Callable[[int], int]
Arrays = dict[te.Tensor, np.ndarray]

SEEDS = 30
COMPILED = 6


def rows_of_the_greatest(scores: te.Tensor, n: int, m: int) -> te.Tensor:
    k = te.reduce_axis((0, m), name="k")

    def later(x: Any, y: Any) -> tuple[Any, Any]:
        left = te.any(x[1] > y[1], te.all(x[1].equal(y[1]), x[0] <= y[0]))
        return te.if_then_else(left, x[0], y[0]), te.if_then_else(left, x[1], y[1])

    argmax = te.comm_reducer(later, lambda i, v: (te.const(-1, i), te.min_value(v)))
    return te.compute((n,), lambda i: argmax((k, scores[i, k]), axis=k), name="best")[0]


def program(draw: Draw) -> tuple[te.Tensor, Arrays]:
    """Rows of a computed table, chosen by data in one of several ways, and something after it."""
    rng = np.random.default_rng(draw(1 << 30))
    n, rows, d = 1 + draw(7), 2 + draw(6), 1 + draw(9)
    W = te.placeholder((rows + 1, d), name="W")
    given = {W: rng.integers(-3, 4, (rows + 1, d)).astype("float32")}
    T = te.compute((rows, d), lambda i, j: W[i + 1, j] * 2.0 + W[i, j], name="T")
    way = draw(4)
    if way == 3:
        scores = te.placeholder((n, rows + 1), name="scores")
        given[scores] = rng.integers(0, 9, (n, rows + 1)).astype("float32")
        at = rows_of_the_greatest(scores, n, rows + 1)
    else:
        at = te.placeholder((n,), "int32", name="at")
        wrong = draw(2)
        given[at] = rng.integers(-wrong, rows + wrong, n).astype("int32")
    if way == 1:
        moved = at
        at = te.compute((n,), lambda i: moved[n - 1 - i] + 1, name="moved")
    if way == 2:
        k = te.reduce_axis((0, n), name="k")
        C = te.compute((n, d), lambda i, j: te.sum(T[at[k], j], axis=k, where=k <= i), name="C")
    else:
        C = te.compute((n, d), lambda i, j: T[at[i], j] - 1.0, name="C")
    if draw(2):
        D = C
        C = te.compute((n, d), lambda i, j: D[i, j] * 3.0, name="D")
    return C, given


def scheduled(C: te.Tensor, given: Arrays, draw: Draw) -> Schedule:
    ordered = draw(3) > 0
    s = ordered_schedule(draw, [C]) if ordered else random_schedule(draw, 1 + draw(25), [C])
    try:
        lower(s, [*given, C])
    except LoweringError:  # an attached stage computes tiles of other sizes
        return without_intrinsics(s)
    return s


def meaning(C: te.Tensor, given: Arrays, bounds: Any) -> np.ndarray | None:
    """What the expression says; None where an index is outside."""
    try:
        return evaluate([C], given, bounds=bounds)[0]
    except ExpressionError:
        return None


def interpreted(s: Schedule, C: te.Tensor, given: Arrays, bounds: Any) -> np.ndarray | None:
    """What the nest computes after the passes; None where a check finds something."""
    function = pipeline.run(lower(s, [*given, C], bounds=bounds), HOST, check=True)
    out = np.zeros([int(extent.value) for extent in C.shape], "float32")  # type: ignore[attr-defined]
    faults = [
        np.zeros([int(extent.value) for extent in buffer.shape], "int64")  # type: ignore[attr-defined]
        for buffer in function.params[len(given) + 1 :]
    ]
    interpret(function, [*given.values(), out, *faults])
    return None if any(found.any() for found in faults) else out


def called(s: Schedule, C: te.Tensor, given: Arrays, bounds: Any) -> np.ndarray | None:
    kernel = build_schedule(s, [*given, C], HOST, threads=2, bounds=bounds)
    try:
        return kernel(*given.values())  # type: ignore[return-value]
    except ArgumentError:
        return None


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_an_index_outside_does_is_the_same_in_every_schedule(seed: int) -> None:
    draw = Random(seed).randrange
    C, given = program(draw)
    s = scheduled(C, given, draw)
    ways = [interpreted, called] if seed < COMPILED else [interpreted]
    for bounds in ("check", "clamp"):
        wanted = meaning(C, given, bounds)
        for way in ways:
            try:
                found = way(s, C, given, bounds)
            except AutoschedError as error:
                raise AssertionError(f"{bounds} of\n{s}\n{s.trace}") from error
            assert (found is None) == (wanted is None), f"{bounds} by {way.__name__}\n{s}"
            if wanted is not None:
                np.testing.assert_array_equal(found, wanted, err_msg=f"{bounds}\n{s}")


def test_indices_are_outside_now_and_then() -> None:
    outcomes = set()
    for seed in range(SEEDS):
        C, given = program(Random(seed).randrange)
        outcomes.add(meaning(C, given, "check") is None)
    assert outcomes == {True, False}
