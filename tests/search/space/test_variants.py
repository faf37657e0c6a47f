"""The variants of contractions, the best guess first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.ops.convolution import conv2d
from autosched.ops.matmul import batch_matmul
from autosched.schedule.schedule import create_schedule
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


def convolved(co: int, kernel: int, size: int = 24, channels: int = 16) -> te.Tensor:
    image = te.placeholder((1, channels, size, size), name="x")
    weight = te.placeholder((co, channels, kernel, kernel), name="w", constant=True)
    return conv2d(image, weight, padding=0)


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


def batch() -> te.Tensor:
    a, b = (
        te.placeholder(shape, name=n) for shape, n in (((9, 64, 256), "a"), ((9, 256, 256), "b"))
    )
    return batch_matmul(a, b)


@pytest.mark.parametrize(
    ("product", "is_packed"),
    [
        (matmul(64, 512, 512), True),  # half of L2 has less than the matrix
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
