"""Operands made plain before tiling: divided axes, and factors that are computed from constants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched import te
from autosched.ops.convolution import conv2d
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import divide_axes, separate_constants
from autosched.search.space.generate import space
from autosched.search.space.structure import contraction, epilogue
from autosched.target.target import Target
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.expressions import Program
from tests.search.tasks import MACHINE


def grouped(groups: int = 2, filters: int = 32, relu: bool = False) -> te.Tensor:
    x = te.placeholder((1, 2 * groups, 5, 5), name="x")
    w = te.placeholder((filters, 2, 3, 3), name="w", constant=True)
    return conv2d(x, w, padding=1, groups=groups, relu=relu)


def phased(kernel: int = 4, constant: bool = True, stride: int = 2) -> te.Tensor:
    x = te.placeholder((1, 3, 4, 5), name="x")
    w = te.placeholder((3, 16, kernel, kernel), name="w", constant=constant)
    return transposed_convolution(x, w, stride=stride)


def shuffled() -> te.Tensor:
    """A product whose columns are read in the order of a pixel shuffle."""
    A, B = te.placeholder((4, 6), name="A"), te.placeholder((6, 3, 16), name="B", constant=True)
    k = te.reduce_axis((0, 6), name="k")
    return te.compute(
        (4, 48), lambda i, j: te.sum(A[i, k] * B[k, j // 16, j % 16], axis=k), name="C"
    )


def test_the_channels_of_groups() -> None:
    builder = SketchBuilder([grouped()])
    assert divide_axes(builder) == [16]
    stage = builder.schedule.stages[-2]
    assert [int(axis.extent.value) for axis in stage.op.axis] == [1, 2, 16, 5, 5]
    assert [each.name for each in epilogue(builder.schedule, stage)] == ["conv2d"]


def test_what_follows_groups_is_their_epilogue() -> None:
    builder = SketchBuilder([grouped(relu=True)])
    divide_axes(builder)
    found = [stage for stage in builder.schedule.stages if contraction(stage)]
    assert [each.name for each in epilogue(builder.schedule, found[0])] == ["conv2d", "relu"]


def test_axes_that_are_not_divided() -> None:
    builder = SketchBuilder([grouped(groups=1)])
    assert divide_axes(builder) == []
    A, B = te.placeholder((4, 6), name="A"), te.placeholder((6, 9), name="B")
    k = te.reduce_axis((0, 6), name="k")
    body = lambda i, j: te.sum(A[i, k] * B[k, j // 2] * B[k, j % 9], axis=k)  # noqa: E731
    assert divide_axes(SketchBuilder([te.compute((4, 18), body)])) == []  # by 2 and by 9
    odd = te.compute((4, 17), lambda i, j: te.sum(A[i, k] * B[k, j // 2], axis=k))
    assert divide_axes(SketchBuilder([odd])) == []


def test_the_weights_of_phases() -> None:
    builder = SketchBuilder([phased()])
    assert separate_constants(builder)
    (stage,) = (each for each in builder.schedule.stages if contraction(each))
    found = contraction(stage)
    assert found is not None
    assert any(read.packable for read in found.reads)


@pytest.mark.parametrize(
    "output",
    [lambda: phased(constant=False), lambda: grouped(groups=1), lambda: phased(1, stride=3)],
    ids=["from a call", "of axes", "mostly zeros"],
)
def test_factors_that_stay(output: Callable[[], te.Tensor]) -> None:
    assert not separate_constants(SketchBuilder([output()]))


def test_vectors_run_along_parts_that_are_long_enough() -> None:
    assert "_canonical" in space([grouped()], MACHINE).sketches[0].name
    found = space([grouped(groups=16)], MACHINE).sketches
    assert "_canonical" not in found[0].name
    assert any("_canonical" in each.name for each in found)


@pytest.mark.parametrize("target", [MACHINE, Target.host()], ids=["wide", "host"])
@pytest.mark.parametrize(
    "output",
    [grouped, lambda: grouped(3, 60), lambda: grouped(relu=True), phased, shuffled],
    ids=["groups", "uneven", "relu", "phases", "shuffled"],
)
def test_they_compute_it(output: Callable[[], te.Tensor], target: Target) -> None:
    program = Program("canonical", [output()])
    found = [each for each in space(program.outputs, target).sketches if "canonical" in each.name]
    random = np.random.default_rng(0)
    assert found
    for number, sketch in enumerate((found[0], found[-1])):
        vectors = [sketch.default, *map(tuple, sketch.sample(random, 1).tolist())]
        schedules = [replay(program.outputs, sketch.bind(vector)) for vector in vectors]
        made = [
            interpreted(program, each, target, 1, f"k{number}{n}")
            for n, each in enumerate(schedules)
        ]
        compiled(made, Target.host(), 1)
