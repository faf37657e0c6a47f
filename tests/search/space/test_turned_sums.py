"""Reductions whose results lie across what they read are computed as it lies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.turned_sums import turn_sums
from autosched.target.target import Target
from autosched.te.tensor import Tensor

A = te.placeholder((13, 19, 37), name="A")
B = te.placeholder((19, 13), name="B")
W = te.placeholder((19,), name="W")
K = te.reduce_axis((0, 19), name="k")


def _windows() -> Tensor:
    p, q = te.reduce_axis((0, 3), name="p"), te.reduce_axis((0, 3), name="q")
    return te.compute(
        (17, 35, 13), lambda y, x, c: te.max(A[c, y + p, x + q], axis=[p, q]), name="C"
    )


def _pooled(a: np.ndarray) -> np.ndarray:
    taps = [a[:, p : p + 17, q : q + 35] for p in range(3) for q in range(3)]
    return np.max(taps, axis=0).transpose(1, 2, 0)


ACROSS: dict[str, tuple[list[Tensor], Tensor, Callable[..., np.ndarray]]] = {
    "sum": (
        [A],
        te.compute((37, 13), lambda j, i: te.sum(A[i, K, j], axis=K), name="C"),
        lambda a: a.sum(1).T,
    ),
    "sum of products": (
        [A, B],
        te.compute((37, 13), lambda j, i: te.sum(A[i, K, j] * B[K, i], axis=K), name="C"),
        lambda a, b: np.einsum("ikj,ki->ji", a, b),
    ),
    "weighted sum": (
        [A, W],
        te.compute((37, 13), lambda j, i: te.sum(A[i, K, j] * W[K], axis=K), name="C"),
        lambda a, w: np.einsum("ikj,k->ji", a, w),
    ),
    "three points": (
        [A],
        te.compute((37, 3), lambda j, i: te.min(A[4 * i, K, j], axis=K), name="C"),
        lambda a: a[:9:4].min(1).T,
    ),
    "windows": ([A], _windows(), _pooled),
}


def turned(output: Tensor) -> list[str]:
    """The axes of the stages that are made."""
    builder = SketchBuilder([output])
    before = {stage.name for stage in builder.schedule.stages}
    turn_sums(builder)
    made = [stage for stage in builder.schedule.stages if stage.name not in before]
    return [",".join(axis.name for axis in stage.op.axis) for stage in made]


def check(inputs: list[Tensor], output: Tensor, wanted: Callable[..., np.ndarray], t: int) -> None:
    rng = np.random.default_rng(0)
    given = [rng.standard_normal([int(n.value) for n in x.shape]).astype("f4") for x in inputs]
    result = np.empty([int(n.value) for n in output.shape], output.dtype.name)
    autosched.build([*inputs, output], threads=t)(*given, result)
    np.testing.assert_allclose(result, wanted(*(x.astype("f8") for x in given)), 1e-4, 1e-4)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ACROSS)
def test_what_lies_across_is_computed_as_it_is_read(name: str, threads: int) -> None:
    inputs, output, wanted = ACROSS[name]
    assert turned(output) == ["c.c,y.c,x.c" if name == "windows" else "i.c,j.c"]
    check(inputs, output, wanted, threads)


def test_what_follows_a_turned_sum_is_right() -> None:
    total = te.compute((37, 13), lambda j, i: te.sum(A[i, K, j], axis=K), name="S")
    mean = te.compute((37, 13), lambda j, i: total[j, i] / 19, name="C")
    check([A], mean, lambda a: a.mean(1).T, 1)


def test_several_results_are_turned_together() -> None:
    both = te.comm_reducer(
        lambda a, b: (te.max(a[0], b[0]), te.min(a[1], b[1])),
        lambda x, y: (te.min_value(x), te.max_value(y)),
        name="both",
    )
    high, low = te.compute((37, 13), lambda j, i: both((A[i, K, j], A[i, K, j]), axis=K), name="C")
    assert turned(high) == ["i.c,j.c"]
    first = space([high, low], Target.host()).sketches[0]
    assert "C.j.block" in [decision.name for decision in first.decisions]
    a = np.random.default_rng(0).standard_normal((13, 19, 37)).astype("f4")
    made = np.empty((37, 13), "f4"), np.empty((37, 13), "f4")
    autosched.build([A, high, low], threads=1)(a, *made)
    np.testing.assert_array_equal(made[0], a.max(1).T)
    np.testing.assert_array_equal(made[1], a.min(1).T)


def _product() -> Tensor:
    x, y = te.placeholder((19, 37), name="x"), te.placeholder((19, 13), name="y")
    return te.compute((37, 13), lambda j, i: te.sum(x[K, j] * y[K, i], axis=K), name="C")


@pytest.mark.parametrize(
    "output",
    [
        te.compute((13, 37), lambda i, j: te.sum(A[i, K, j], axis=K), name="C"),
        te.compute((37, 13), lambda j, i: A[i, 0, j] + 1, name="C"),
        te.compute((7, 13), lambda j, i: te.sum(A[i, K, 5 * j], axis=K), name="C"),
        te.compute((7, 13), lambda j, i: te.sum(A[i, K, j], axis=K), name="C"),
        _product(),
    ],
    ids=["in order", "no reduction", "steps", "short rows", "product"],
)
def test_others_are_left_as_they_are(output: Tensor) -> None:
    assert turned(output) == []
