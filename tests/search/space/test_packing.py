"""Operands that come with the call are copied into the order of a register tile."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.ir.stmt import LoopKind
from autosched.ops.convolution import conv2d
from autosched.ops.matmul import matmul
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.tensor import Tensor
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.space.copies import loops_of_copy
from tests.search.tasks import MACHINE

ONE = MACHINE.with_threads(1)


def convolved(channels: int, filters: int, kernel: int = 3) -> Tensor:
    x = te.placeholder((1, channels, 5, 5), name="x")
    w = te.placeholder((filters, channels, kernel, kernel), name="w")
    return conv2d(x, w, padding=1)


def product(m: int, n: int, k: int) -> Tensor:
    A, B = te.placeholder((m, k), name="A"), te.placeholder((n, k), name="B")
    return matmul(A, B, transpose_b=True)


def packing(output: Tensor) -> list[Sketch]:
    """The sketches that pack the second operand in one go."""
    found = space([output], ONE).sketches
    assert found
    return [each for each in found if "pack_1_" in each.name and "blocked" not in each.name]


@pytest.mark.parametrize(
    ("output", "name"),
    [(convolved(8, 40), "w_global"), (product(60, 40, 72), "B_global")],
    ids=["windows", "rows"],
)
def test_tiles_of_rows_are_transposed(output: Tensor, name: str) -> None:
    """Nothing stands between the vectors along a row and the unrolled rows of a panel."""
    sketches = packing(output)
    assert any("near" in each.name for each in sketches)
    for sketch in sketches:
        *_, rows, vector = loops_of_copy(output, sketch, name)
        assert (rows.kind, vector.kind) == (LoopKind.UNROLLED, LoopKind.VECTORIZED)
        assert getattr(vector.extent, "value", 0) == MACHINE.vector_bits // 32


@pytest.mark.parametrize(
    "output",
    [
        convolved(3, 17),
        convolved(5, 33, kernel=2),
        convolved(1, 16),
        convolved(8, 24, kernel=1),
        product(70, 37, 29),
        product(66, 16, 64),
    ],
    ids=["windows", "even windows", "one channel", "points", "odd rows", "rows"],
)
def test_they_compute_it(output: Tensor) -> None:
    program, random = Program("packing", [output]), np.random.default_rng(0)
    sketches = packing(output)
    for number, sketch in enumerate((sketches[0], sketches[-1])):
        vectors = [sketch.default, *map(tuple, sketch.sample(random, 2).tolist())]
        schedules = [replay([output], sketch.bind(vector)) for vector in vectors]
        made = [interpreted(program, s, ONE, 1, f"k{number}{n}") for n, s in enumerate(schedules)]
        compiled(made, Target.host(), 1)
