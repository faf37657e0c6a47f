"""The order of reduce loops follows operands in memory, and sums are the same in any."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.convolution import conv2d
from autosched.schedule.schedule import Schedule, create_schedule
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.search.space.reduce_loops import by_strides
from autosched.search.space.structure import contraction
from autosched.target.target import Target
from autosched.te.tensor import Tensor
from tests.search.space.nests import WIDE


def product(order: str, k: int, i: int, j: int, constant: bool = False) -> list[Tensor]:
    """The sum of A[x, k, i, j] * B[i, j, k, y] over the axes in this order."""
    A = te.placeholder((13, k, i, j), name="A", constant=constant)
    B = te.placeholder((i, j, k, 19), name="B")
    axes = {
        name: te.reduce_axis((0, n), name=name) for name, n in zip("kij", (k, i, j), strict=True)
    }
    rk, ri, rj = axes.values()
    over = [axes[name] for name in order]
    result = te.compute(
        (13, 19), lambda x, y: te.sum(A[x, rk, ri, rj] * B[ri, rj, rk, y], axis=over)
    )
    return [A, B, result]


def names(tensors: list[Tensor], vector: int) -> str:
    found = contraction(create_schedule(tensors[-1])[tensors[-1]])
    assert found is not None
    return "".join(axis.name for axis in by_strides(found, vector))


@pytest.mark.parametrize("order", ["kij", "ijk", "jki", "ikj"])
def test_the_operand_that_vectors_do_not_run_along_gives_the_order(order: str) -> None:
    assert names(product(order, 3, 4, 5), vector=1) == "kij"
    assert names(product(order, 3, 4, 5), vector=0) == "ijk"


def test_constants_give_no_order() -> None:
    assert names(product("jki", 3, 4, 5, constant=True), vector=1) == "jki"


def test_axes_of_unknown_steps_stay() -> None:
    A, B = te.placeholder((8, 4), name="A"), te.placeholder((4, 4, 8), name="B")
    j, i = (te.reduce_axis((0, 4), name=name) for name in "ji")
    result = te.compute((8, 8), lambda x, y: te.sum(A[x, i] * B[j, i, y], axis=[i, j]))
    assert names([A, B, result], vector=1) == "ij"


def test_axes_that_leave_terms_out_stay() -> None:
    A, B = te.placeholder((8, 4, 4), name="A"), te.placeholder((4, 4, 8), name="B")
    j, i = (te.reduce_axis((0, 4), name=name) for name in "ji")
    result = te.compute(
        (8, 8), lambda x, y: te.sum(A[x, j, i] * B[j, i, y], axis=[i, j], where=i <= x)
    )
    assert names([A, B, result], vector=1) == "ij"


def _sketches(tensors: list[Tensor]) -> Iterator[Schedule]:
    """The default of each sketch, the best guess first."""
    for sketch in space(tensors[-1:], Target.host()).sketches:
        yield replay(tensors[-1:], sketch.bind(sketch.default))


def test_loops_have_the_order() -> None:
    tensors = product("ijk", 4, 8, 16)
    text = str(autosched.lower(next(_sketches(tensors)), tensors))
    assert text.index("for k in") < text.index("for i in") < text.index("for j.outer in")


@pytest.mark.parametrize("sizes", [(3, 7, 5), (1, 2, 17), (8, 1, 16), (1, 1, 3)])
def test_every_sketch_sums_the_same(sizes: tuple[int, int, int]) -> None:
    tensors = product("ijk", *sizes)
    rng = np.random.default_rng(0)
    k, i, j = sizes
    a = rng.random((13, k, i, j), dtype=np.float32)
    b = rng.random((i, j, k, 19), dtype=np.float32)
    o = np.empty((13, 19), np.float32)
    for schedule in _sketches(tensors):
        autosched.build(schedule, tensors, threads=1)(a, b, o)
        np.testing.assert_allclose(o, np.einsum("xkij,ijky->xy", a, b), rtol=1e-5)


def test_taps_of_rows_are_written_out_where_a_tile_has_several_rows() -> None:
    x = te.placeholder((1, 3, 14, 14), name="x")
    w = te.placeholder((64, 3, 3, 3), name="w", constant=True)
    sketches = space([conv2d(x, w, padding=1)], WIDE).sketches
    skips = [sketch for sketch in sketches if sketch.name.endswith("_skip")]
    assert skips
    for sketch in skips:
        at = {info.name: number for number, info in enumerate(sketch.decisions)}
        vectors = sketch.sample(np.random.default_rng(0), 200)
        written_out = vectors[vectors[:, at["ry.unroll"]] > 1]
        assert len(written_out)
        assert (written_out[:, at["y.tile"]] > 1).all()
        assert sketch.holds(np.array([sketch.default])).all()
