"""Operands that a register tile reads in columns: the next tile's columns are fetched meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.search.space.generate import space
from tests.search.space.nests import WIDE

CPU = replace(WIDE, threads=1, l2_bytes=2 << 20)


def defaults(points: int | te.Var, channels: int, threads: int = 1) -> dict[str, int]:
    """The decisions of the first sketch of a convolution of one point to 64 channels."""
    W = te.placeholder((64, channels), name="W", constant=True)
    X = te.placeholder((channels, points), name="X")
    r = te.reduce_axis((0, channels), name="r")
    Y = te.compute((64, points), lambda c, p: te.sum(W[c, r] * X[r, p], axis=r), name="Y")
    return chosen(Y, threads)


def chosen(output: te.Tensor, threads: int = 1) -> dict[str, int]:
    sketch = space([output], replace(CPU, threads=threads)).sketches[0]
    return {each.name: value for each, value in zip(sketch.decisions, sketch.default, strict=True)}


@pytest.mark.parametrize(
    ("points", "threads", "steps"), [(3136, 1, 1), (196, 1, 0), (196, 2, 1), (3136, 2, 1)]
)
def test_it_is_the_default_for_what_is_large_or_written_by_several_threads(
    points: int, threads: int, steps: int
) -> None:
    assert defaults(points, 96, threads)["X.next"] == steps


def test_the_number_of_points_may_be_open() -> None:
    assert defaults(te.var("n"), 96)["X.next"] == 1


def test_vectors_along_the_points_are_fetched_ahead_too() -> None:
    assert defaults(3136, 96)["X.next"] == defaults(3136, 512)["X.next"] == 1


def product(rows: int, depth: int) -> te.Tensor:
    A, B = te.placeholder((rows, depth), name="A"), te.placeholder((depth, 512), name="B")
    k = te.reduce_axis((0, depth), name="k")
    return te.compute((rows, 512), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")


@pytest.mark.parametrize(("rows", "depth"), [(512, 512), (512, 1024), (4096, 256)])
def test_rows_that_l2_holds_or_short_ones_are_left_to_the_hardware(rows: int, depth: int) -> None:
    assert not [name for name in chosen(product(rows, depth)) if name.endswith(".next")]


def test_long_rows_that_l2_does_not_hold_are_fetched() -> None:
    assert chosen(product(1024, 1024))["A.next"] == 1
