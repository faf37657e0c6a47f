"""The variants of contractions, the best guess first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.ops.convolution import conv2d
from autosched.ops.matmul import batch_matmul
from autosched.schedule.schedule import create_schedule
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import divide_axes
from autosched.search.space.structure import contraction
from autosched.search.space.tiles import Core
from autosched.search.space.variants import Variant, variants
from tests.schedule.nests import matmul
from tests.search.tasks import MACHINE

CORE = replace(Core.of(MACHINE, 32), lanes=16, l2_bytes=1 << 20)


def best(output: te.Tensor, core: Core = CORE) -> Variant:
    found = contraction(create_schedule(output)[output])
    assert found is not None
    return variants(found, True, core)[0]


def convolved(
    co: int,
    kernel: int,
    size: int = 24,
    channels: int = 16,
    stride: int = 1,
    constant: bool = True,
) -> te.Tensor:
    image = te.placeholder((1, channels, size, size), name="x")
    weight = te.placeholder((co, channels, kernel, kernel), name="w", constant=constant)
    return conv2d(image, weight, stride=stride, padding=0)


@pytest.mark.parametrize(("co", "vector"), [(64, 0), (16, 0), (12, 2), (3, 2)])
def test_vectors_run_along_channels_where_these_fill_one(co: int, vector: int) -> None:
    assert best(convolved(co, 3)).vector == vector


def test_sums_of_few_terms_are_not_turned() -> None:
    assert best(convolved(64, 3, channels=16, size=34)).vector == 0  # 144 terms
    assert best(convolved(64, 3, channels=3, size=34)).vector == 2  # 27, in rows of 32 points
    assert best(convolved(64, 3, channels=3, size=11)).vector == 0  # 9 points fill no vector


def test_channels_that_leave_many_lanes_empty_are_no_vectors() -> None:
    assert best(convolved(24, 3, channels=64, size=34)).vector == 2
    assert best(convolved(32, 3, channels=64, size=34)).vector == 0


def test_where_all_axes_are_short_constants_come_first() -> None:
    assert best(convolved(3, 3, size=9)).vector == 0


def test_weights_of_a_call_are_turned_where_no_axis_is_read_as_it_lies() -> None:
    guess = best(convolved(24, 3, stride=2, constant=False))
    assert (guess.vector, guess.packed) == (0, {1})
    assert best(convolved(24, 3, size=34, constant=False)).vector == 2


def test_weights_are_turned_where_rows_have_a_symbolic_size() -> None:
    size = te.var("size")
    image = te.placeholder((1, 16, size, size), name="x")
    weight = te.placeholder((24, 16, 3, 3), name="w")
    guess = best(conv2d(image, weight, padding=0))
    assert (guess.vector, guess.packed) == (0, {1})


def test_weights_of_a_call_are_turned_where_rows_leave_lanes_empty() -> None:
    assert best(convolved(32, 3, size=30, channels=12, constant=False)).vector == 2  # 108 terms
    assert best(convolved(32, 3, size=30, channels=64, constant=False)).vector == 0
    assert best(convolved(32, 3, size=34, channels=64, constant=False)).vector == 2  # 32 points
    assert best(convolved(12, 3, size=30, channels=64, constant=False)).vector == 2


def test_weights_are_not_turned_for_points_that_are_read_as_they_lie() -> None:
    builder = SketchBuilder([convolved(32, 1, size=7, channels=256, constant=False)])
    divide_axes(builder, fuses=True)
    found = [made for stage in builder.schedule.stages if (made := contraction(stage))]
    assert variants(found[0], True, CORE)[0].vector == 1  # 49 points in one axis


def batch() -> te.Tensor:
    a, b = (
        te.placeholder(shape, name=n) for shape, n in (((9, 64, 256), "a"), ((9, 256, 256), "b"))
    )
    return batch_matmul(a, b)


@pytest.mark.parametrize(
    ("product", "is_packed"),
    [
        (matmul(64, 512, 768), True),  # L2 has less than the matrix
        (matmul(64, 512, 512), False),
        (matmul(512, 512, 512), True),  # which the rows leave no room in L2
        (matmul(24, 512, 512), False),  # which is used a few times
        (matmul(64, 256, 256), False),
        (batch(), False),  # one matrix of the batch counts
        (convolved(3, 1, size=512), False),
    ],
)  # fmt: skip
def test_what_is_used_often_and_large_is_packed(product: te.Tensor, is_packed: bool) -> None:
    vector = best(product)
    found = contraction(create_schedule(product)[product])
    assert found is not None
    axis = found.data[vector.vector]
    packed = [read for number, read in enumerate(found.reads) if number in vector.packed]
    assert any(axis in read.axes for read in packed) == is_packed


def gradient(channels: int, outputs: int) -> te.Tensor:
    """The gradient of a convolution by its 3x3 weights."""
    x = te.placeholder((2, channels, 10, 10), name="x")
    g = te.placeholder((2, outputs, 8, 8), name="g")
    b, i, j = (te.reduce_axis((0, size), name=n) for n, size in (("b", 2), ("i", 8), ("j", 8)))
    return te.compute(
        (outputs, channels, 3, 3),
        lambda o, c, p, q: te.sum(x[b, c, i + p, j + q] * g[b, o, i, j], axis=[b, i, j]),
        name="C",
    )


@pytest.mark.parametrize(("outputs", "vector"), [(32, 0), (16, 0), (12, 3)])
def test_where_contiguous_axes_are_short_an_operand_is_turned(outputs: int, vector: int) -> None:
    assert best(gradient(8, outputs)).vector == vector


@pytest.mark.parametrize("columns", [3, 8, 15])
def test_an_operand_that_is_used_for_few_points_is_not_turned(columns: int) -> None:
    assert best(matmul(1000, columns, 64)).vector == 1


def test_loops_outside_of_a_block_do_not_pack_again() -> None:
    variant = best(gradient(8, 32))
    assert variant.packed == {1}
    assert not variant.near
    assert best(matmul(64, 512, 768)).near


def products(batch_last: bool) -> te.Tensor:
    """A product of 24x24 matrices, 64 of them; their elements are neighbours if `batch_last`."""
    a, b = (te.placeholder((24, 24, 64) if batch_last else (64, 24, 24), name=n) for n in "ab")
    k = te.reduce_axis((0, 24), name="k")
    if batch_last:
        return te.compute((24, 24, 64), lambda i, j, n: te.sum(a[i, k, n] * b[k, j, n], axis=k))
    return te.compute((64, 24, 24), lambda n, i, j: te.sum(a[n, i, k] * b[n, k, j], axis=k))


@pytest.mark.parametrize("batch_last", [False, True])
def test_what_is_contiguous_along_the_batch_is_not_turned(batch_last: bool) -> None:
    output = products(batch_last)
    found = contraction(create_schedule(output)[output])
    assert found is not None
    assert bool(variants(found, True, CORE)) != batch_last


@pytest.mark.parametrize(("is_contiguous", "first"), [(True, 0), (False, 1)])
def test_the_axis_that_is_contiguous_is_unrolled_first(is_contiguous: bool, first: int) -> None:
    x = te.placeholder((12, 32), name="x")
    y = te.placeholder((11, 12, 8) if is_contiguous else (11, 8, 12), name="y")
    k = te.reduce_axis((0, 12), name="k")

    def term(a: te.Axis, e: te.Axis, v: te.Axis) -> te.Expr:
        return x[k, v] * (y[e, k, a] if is_contiguous else y[e, a, k])

    output = te.compute((8, 11, 32), lambda *axes: te.sum(term(*axes), axis=k), name="C")
    assert best(output).unroll[0] == first
