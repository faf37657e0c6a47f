"""Blocks of stencils of stencils: their loops, where they are proposed, and that they are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autosched import te
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.conformance import RuleConformance
from autosched.search.space.generate import space
from autosched.search.space.inlining import inline_producers
from autosched.search.space.margins import stencils_of
from autosched.search.space.stencils import StencilBlocks
from autosched.te.tensor import Tensor
from tests.search.space.nests import WIDE, nest, shown


def around(rows: int, columns: int, by: float = 3.0, reach: int = 1) -> Tensor:
    """Means of three rows, of which three are added, `reach` rows after each other."""
    x = te.placeholder((rows + 2 + 2 * reach, columns), name="x")
    mean = te.compute(
        (rows + 2 * reach, columns), lambda i, j: (x[i, j] + x[i + 1, j] + x[i + 2, j]) / by, "mean"
    )
    total = lambda i, j: mean[i, j] + mean[i + reach, j] + mean[i + 2 * reach, j]  # noqa: E731
    return te.compute((rows, columns), total, "total")


def line(points: int) -> Tensor:
    """Two stages of one axis, the first of which the last reads too."""
    x = te.placeholder((points + 6,), name="x")
    e = te.compute((points + 4,), lambda i: te.exp(x[i] * 0.1) + x[i + 2], "e")
    f = te.compute((points + 2,), lambda i: e[i] / (e[i + 2] * e[i + 2] + 1.0), "f")
    return te.compute((points,), lambda i: f[i] + f[i + 2] + e[i + 1], "g")


def cube(points: int) -> Tensor:
    n = points + 2
    x = te.placeholder((2, n, n, n), name="x")
    e = te.compute((2, n, n, n), lambda b, i, j, k: x[b, i, j, k] / 7.0, "e")
    return te.compute(
        (2, points, points, points),
        lambda b, i, j, k: e[b, i, j + 1, k + 1] + e[b, i + 2, j, k + 2] - e[b, i + 1, j + 2, k],
        "f",
    )


def twice(rows: int, columns: int) -> Tensor:
    """Means of five points, twice: rows of both stages are computed together."""
    x = te.placeholder((rows + 4, columns + 4), name="x")

    def mean(of: Tensor, i: te.Expr, j: te.Expr) -> te.Expr:
        across = of[i + 1, j] + of[i + 1, j + 1] + of[i + 1, j + 2]
        return (across + of[i, j + 1] + of[i + 2, j + 1]) / 5.0

    once = te.compute((rows + 2, columns + 2), lambda i, j: mean(x, i, j), "once")
    return te.compute((rows, columns), lambda i, j: mean(once, i, j), "twice")


class TestStencils(RuleConformance):
    rule = StencilBlocks()

    def expressions(self) -> list[list[Tensor]]:
        return [[around(19, 70)], [line(37)], [cube(5)], [twice(13, 37)]]


def test_a_block_is_computed_after_the_points_around_it() -> None:
    assert nest(around(32, 16), "stencils") == shown(
        """
        parallel i.outer.j.outer.fused in 0..8:
            alloc mean: float32 local
            for i.outer in 0..9 at most [i: partition]:
                for j.outer in 0..1 at most:
                    unrolled i.inner in 0..4:
                        vectorized j.inner in 0..16:
                            mean[i, j] = (x[i, j] + x[i + 1, j] + x[i + 2, j]) / 3.0
            for i.inner.outer in 0..1:
                for j.inner.outer in 0..1:
                    unrolled i.inner.inner in 0..4:
                        vectorized j.inner.inner in 0..16:
                            total[i, j] = mean[i, j] + mean[i + 1, j] + mean[i + 2, j]
        """
    )


def test_rows_that_read_common_elements_are_computed_together() -> None:
    x = te.placeholder((21, 32), name="x")
    output = te.compute((19, 32), lambda i, j: x[i, j] + x[i + 1, j] + x[i + 2, j], "total")
    assert nest(output, "rows_partition") == shown(
        """
        parallel i.outer in 0..5 [i: partition]:
            for j.outer in 0..1:
                unrolled i.inner in 0..4:
                    vectorized j.inner in 0..32:
                        total[i, j] = x[i, j] + x[i + 1, j] + x[i + 2, j]
        """
    )


@pytest.mark.parametrize(
    ("points", "threads", "first"),
    [(64, 1, "stencils_rows"), (256, 2, "stencils"), (1024, 1, "stencils")],
)
def test_what_stays_near_one_thread_is_computed_once(points: int, threads: int, first: str) -> None:
    sketches = space([around(points, points)], replace(WIDE, threads=threads)).sketches
    names = [sketch.name for sketch in sketches]
    assert names[0] == first
    assert {"stencils", "stencils_rows"} <= set(names)


def test_blocks_have_32_rows_unless_threads_would_have_too_few() -> None:
    blocks = {
        threads: space([around(1024, 128)], replace(WIDE, threads=threads)).sketches[0].default[0]
        for threads in (1, 4, 64)
    }
    assert blocks == {1: 32, 4: 32, 64: 8}


@pytest.mark.parametrize(
    ("output", "is_kept"),
    [(around(9, 9), True), (around(9, 9, by=4.0), False), (around(9, 9, reach=5), False)],
    ids=["a third", "a quarter", "far apart"],
)
def test_divisions_are_kept_for_points_around(output: Tensor, is_kept: bool) -> None:
    builder = SketchBuilder([output])
    inline_producers(builder, pads_inlined=True)
    last = builder.schedule.stages[-1]
    assert (stencils_of(builder.schedule, last) is not None) == is_kept
    assert any(s.name == "stencils" for s in space([output], WIDE).sketches) == is_kept


@pytest.mark.parametrize(("rows", "is_member"), [(1, True), (4, False)])
def test_what_all_rows_read_is_not_computed_for_each(rows: int, is_member: bool) -> None:
    x = te.placeholder((34,), name="x")
    e = te.compute((34,), lambda j: te.exp(x[j]), "e")
    y = te.placeholder((rows, 32), name="y")
    output = te.compute((rows, 32), lambda i, j: (e[j] + e[j + 2]) * y[i, j], "f")
    names = {sketch.name for sketch in space([output], WIDE).sketches}
    assert ("stencils" in names) == is_member


@pytest.mark.parametrize(("dimensions", "is_cut"), [(3, True), (4, False)])
def test_margins_of_blocks_are_along_three_dimensions_at_most(
    dimensions: int, is_cut: bool
) -> None:
    x = te.placeholder((6,) * dimensions, name="x")
    e = te.compute((6,) * dimensions, lambda *i: te.exp(x(*i)), "e")
    corner = lambda *i: e(*i) + e(*(each + 2 for each in i))  # noqa: E731
    output = te.compute((4,) * dimensions, corner, "f")
    found = {sketch.name for sketch in space([output], WIDE).sketches}
    assert ("stencils" in found) == is_cut


@pytest.mark.parametrize(
    "index",
    [lambda i, j: (i * 2, j), lambda i, j: (j, i), lambda i, j: (i + 9, j)],
    ids=["steps of two", "turned", "a long margin"],
)
def test_others_are_read_elsewhere(index: Callable[..., tuple[te.Expr, ...]]) -> None:
    x = te.placeholder((32, 32), name="x")
    e = te.compute((32, 32), lambda *i: te.exp(x(*i)), "e")
    output = te.compute((16, 16), lambda *i: e(*i) + e(*index(*i)), "f")
    assert not any(sketch.name == "stencils" for sketch in space([output], WIDE).sketches)
