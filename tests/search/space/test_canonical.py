"""Operands made plain before tiling: divided axes, and factors that are computed from constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.convolution import conv2d, convolution
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import divide_axes, fusible, separate_hidden
from autosched.search.space.generate import space
from autosched.search.space.inlining import inline_producers
from autosched.search.space.structure import contraction, epilogue
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.tasks import MACHINE

CORE = replace(Core.of(MACHINE, 32), lanes=16)
VNNI = replace(MACHINE, features="+avx512f,+avx512vl,+avx512vnni", vector_bits=512)


def grouped(
    groups: int = 2, filters: int = 32, relu: bool = False, constant: bool = True
) -> te.Tensor:
    x = te.placeholder((1, 2 * groups, 5, 5), name="x")
    w = te.placeholder((filters, 2, 3, 3), name="w", constant=constant)
    return conv2d(x, w, padding=1, groups=groups, relu=relu)


def phased(
    kernel: int = 4, constant: bool = True, stride: int = 2, channels: int = 16
) -> te.Tensor:
    x = te.placeholder((1, 3, 4, 5), name="x")
    w = te.placeholder((3, channels, kernel, kernel), name="w", constant=constant)
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


def pointwise(
    *sizes: int, stride: int = 1, padding: int = 0, groups: int = 1, more: bool = False
) -> te.Tensor:
    """A convolution of one point, with what follows it."""
    x = te.placeholder((2, 6 * groups, *sizes), name="x")
    w = te.placeholder((20 * groups, 6, *(1 for _ in sizes)), name="w", constant=True)
    made = convolution(x, w, stride=stride, padding=padding, groups=groups)
    if not more:
        return made
    b, r = te.placeholder((20 * groups,), name="b"), te.placeholder(made.shape, name="r")
    added = te.compute(made.shape, lambda n, c, *at: made[(n, c, *at)] + b[c], name="added")
    return te.compute(made.shape, lambda *at: te.max(added[at] + r[at], 0.0), name="relu")


def flattened() -> te.Tensor:
    """A product of a matrix and rows along two axes."""
    A, B = te.placeholder((3, 5, 7), name="A"), te.placeholder((7, 18), name="B")
    k = te.reduce_axis((0, 7), name="k")
    return te.compute((3, 5, 18), lambda b, i, j: te.sum(A[b, i, k] * B[k, j], axis=k), name="C")


def extents(output: te.Tensor) -> list[list[int]]:
    found = fusible(SketchBuilder([output]))
    return [[int(axis.extent.value) for axis in run] for run in found]


def test_axes_that_all_operands_have_as_neighbours() -> None:
    assert extents(pointwise(5, 7)) == [[5, 7]]
    assert extents(pointwise(3, 5, 7)) == [[3, 5, 7]]
    assert extents(pointwise(5, 7, groups=2)) == [[5, 7]]
    assert extents(flattened()) == [[3, 5]]


def test_axes_of_padding_that_is_decided_where_it_is_read_are_not_fused() -> None:
    builder = SketchBuilder([pointwise(5, 7, padding=1)])
    assert [len(run) for run in fusible(builder)] == [2]
    inline_producers(builder, pads_inlined=True)
    assert fusible(builder) == []


def test_axes_that_are_not_fused() -> None:
    assert extents(pointwise(5, 7, stride=2)) == []
    assert extents(grouped()) == []  # windows of several points
    A, B = te.placeholder((3, 5, 9), name="A"), te.placeholder((9,), name="B")
    k = te.reduce_axis((0, 9), name="k")
    rows = te.compute((3, 5), lambda b, i: te.sum(A[b, i, k] * B[k], axis=k), name="C")
    assert extents(rows) == []  # a sum of one axis reuses nothing
    W = te.placeholder((9, 4), name="W")
    part = te.compute((3, 4, 4), lambda b, i, j: te.sum(A[b, i, k] * W[k, j], axis=k), name="C")
    assert extents(part) == []  # of 5 rows, 4
    some = te.all(k < A.shape[1])
    ended = te.compute(
        (3, 5, 4),
        lambda b, i, j: te.sum(A[b, i, k] * W[k, j], axis=k, where=te.all(some, k <= i)),
        name="C",
    )
    assert extents(ended) == []


def test_short_rows_are_fused_first() -> None:
    names = [each.name for each in space([pointwise(7, 7)], MACHINE).sketches]
    assert names[0].endswith("_fused")
    assert any("_fused" not in name for name in names[:-1])


@pytest.mark.parametrize("constant", [True, False])
def test_the_weights_of_phases(constant: bool) -> None:
    builder = SketchBuilder([phased(constant=constant)])
    assert separate_hidden(builder, CORE)
    (stage,) = (each for each in builder.schedule.stages if contraction(each))
    found = contraction(stage)
    assert found is not None
    assert any(read.packable for read in found.reads)


@pytest.mark.parametrize(
    "output",
    [
        lambda: phased(constant=False, channels=15),
        lambda: grouped(groups=1),
        lambda: grouped(groups=1, constant=False),
        lambda: phased(1, stride=3),
    ],
    ids=["no vector of a call", "of axes", "of axes, from a call", "mostly zeros"],
)
def test_factors_that_stay(output: Callable[[], te.Tensor]) -> None:
    assert not separate_hidden(SketchBuilder([output()]), CORE)


def test_the_weights_of_groups_that_come_with_the_call() -> None:
    builder = SketchBuilder([grouped(constant=False)])
    assert divide_axes(builder) == [16]
    assert separate_hidden(builder, CORE)
    found = [made for stage in builder.schedule.stages if (made := contraction(stage))]
    assert [read.packable for read in found[0].reads] == [False, True]


def test_vectors_run_along_parts_that_are_long_enough() -> None:
    assert "_canonical" in space([grouped()], MACHINE).sketches[0].name
    found = space([grouped(groups=16)], MACHINE).sketches
    assert "_canonical" not in found[0].name
    assert any("_canonical" in each.name for each in found)


@pytest.mark.parametrize("target", [MACHINE, Target.host()], ids=["wide", "host"])
@pytest.mark.parametrize(
    "output",
    [
        grouped,
        lambda: grouped(3, 60),
        lambda: grouped(relu=True),
        lambda: grouped(2, 34, constant=False),
        phased,
        lambda: phased(3, constant=False, channels=17),
        shuffled,
    ],
    ids=["groups", "uneven", "relu", "groups of a call", "phases", "phases of a call", "shuffled"],
)
def test_they_compute_it(output: Callable[[], te.Tensor], target: Target) -> None:
    program = Program("canonical", [output()])
    check(program, "_canonical", target)


@pytest.mark.parametrize("target", [MACHINE, Target.host()], ids=["wide", "host"])
@pytest.mark.parametrize(
    "output",
    [
        lambda: pointwise(5, 7),
        lambda: pointwise(5, 7, more=True),
        lambda: pointwise(2, 3, 5, more=True),
        lambda: pointwise(3, 3, groups=2),
        flattened,
    ],
    ids=["image", "epilogue", "volume", "groups", "rows"],
)
def test_fused_axes_compute_it(output: Callable[[], te.Tensor], target: Target) -> None:
    check(Program("fused", [output()]), "_fused", target)


@pytest.mark.parametrize("sizes", [(7, 7), (3, 5, 7)])
@pytest.mark.parametrize("constant", [True, False])
def test_sums_of_bytes_whose_offset_is_taken_away(sizes: tuple[int, ...], constant: bool) -> None:
    """The offset is taken away over fused axes, before what follows the sum."""
    x = te.placeholder((1, 8, *sizes), dtype="int8", name="x")
    w = te.placeholder((4, 8), dtype="int8", name="w", constant=constant)
    c = te.reduce_axis((0, 8), name="c")

    def term(n: Expr, o: Expr, *at: Expr) -> Expr:
        return te.sum(x(n, c, *at).astype("int32") * w[o, c].astype("int32"), axis=c)

    y = te.compute((1, 4, *sizes), term, name="y")
    relu = te.compute(y.shape, lambda *at: te.max(y(*at), te.const(0, "int32")), name="relu")
    check(Program("offset", [relu]), "_fused", VNNI)


def check(program: Program, suffix: str, target: Target) -> None:
    """The first and the last sketch of a kind compute what the program says."""
    found = [each for each in space(program.outputs, target).sketches if suffix in each.name]
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
