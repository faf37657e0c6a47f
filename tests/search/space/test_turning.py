"""Narrow weights that come with the call are turned before they are packed for dot products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.ir.stmt import LoopKind
from autosched.ops.convolution import conv2d
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.tensor import Tensor
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.space.copies import loops_of_copy
from tests.search.tasks import MACHINE

VNNI = replace(
    MACHINE, features="+avx512f,+avx512vl,+avx512bw,+avx512vnni", vector_bits=512
).with_threads(1)


def convolved(
    channels: int, filters: int, kernel: int = 3, groups: int = 1, kind: str = "int8"
) -> Tensor:
    x = te.placeholder((1, channels, 6, 6), kind, name="x")
    w = te.placeholder((filters, channels // groups, kernel, kernel), kind, name="w")
    return conv2d(x, w, padding=1, groups=groups, out_dtype="int32")


def phased(channels: int, filters: int, kernel: int) -> Tensor:
    x = te.placeholder((1, channels, 5, 4), "int8", name="x")
    w = te.placeholder((channels, filters, kernel, kernel), "int8", name="w")
    return transposed_convolution(x, w, stride=2, out_dtype="int32")


def mixed(channels: int, filters: int) -> Tensor:
    """A convolution of one axis of uint8 by int8, which need no offset."""
    x = te.placeholder((channels, 40), "uint8", name="x")
    w = te.placeholder((filters, channels, 3), "int8", name="w")
    c, t = te.reduce_axis((0, channels), name="c"), te.reduce_axis((0, 3), name="t")
    wide = "int32"
    return te.compute(
        (filters, 38),
        lambda f, i: te.sum(x[c, i + t].astype(wide) * w[f, c, t].astype(wide), axis=[c, t]),
        name="y",
    )


def with_dots(output: Tensor) -> list[Sketch]:
    """The sketches by dot products that pack the weights."""
    found = space([output], VNNI).sketches
    return [each for each in found if "pack_1" in each.name and "_dot" in each.name]


@pytest.mark.parametrize(
    ("output", "turned", "packed"),
    [
        (lambda: convolved(8, 40), "w_global", "conv2d_offset_global"),
        (lambda: phased(8, 24, 4), "w_global", "phases_offset_global"),
        (lambda: mixed(8, 24), "w_global", "w_global_global"),
    ],
    ids=["windows", "phases", "no offset"],
)
def test_tiles_of_bytes_are_turned(output: Callable[[], Tensor], turned: str, packed: str) -> None:
    """What is packed is read in vectors then, not byte by byte."""
    made = output()
    sketch = with_dots(made)[0]
    *_, rows, vector = loops_of_copy(made, sketch, turned)
    assert (rows.kind, vector.kind) == (LoopKind.UNROLLED, LoopKind.VECTORIZED)
    *_, steps, vector = loops_of_copy(made, sketch, packed)
    assert (steps.kind, vector.kind) == (LoopKind.UNROLLED, LoopKind.VECTORIZED)
    assert getattr(steps.extent, "value", 0) == 4


def test_elements_of_two_bytes_are_not_turned() -> None:
    x = te.placeholder((8, 40), "bfloat16", name="x")
    w = te.placeholder((24, 8, 3), "bfloat16", name="w")
    c, t = te.reduce_axis((0, 8), name="c"), te.reduce_axis((0, 3), name="t")
    wide = "float32"
    made = te.compute(
        (24, 38), lambda f, i: te.sum(x[c, i + t].astype(wide) * w[f, c, t].astype(wide), [c, t])
    )
    machine = replace(VNNI, features=f"{VNNI.features},+avx512bf16", tolerance=1e-2)
    found = [each for each in space([made], machine).sketches if "_dot" in each.name]
    assert found
    assert not loops_of_copy(made, found[0], "w_global_global")


@pytest.mark.parametrize(
    "output",
    [
        lambda: convolved(8, 40),
        lambda: convolved(4, 17, kind="uint8"),
        lambda: convolved(12, 33, kernel=2),
        lambda: convolved(16, 64, groups=2),
        lambda: phased(8, 24, 4),
        lambda: phased(4, 33, 3),
        lambda: mixed(4, 19),
    ],
    ids=["windows", "uint8", "even", "groups", "phases", "odd phases", "no offset"],
)
def test_they_compute_it(output: Callable[[], Tensor]) -> None:
    program, random = Program("turning", [output()]), np.random.default_rng(0)
    sketches = with_dots(program.outputs[0])
    assert sketches
    for number, sketch in enumerate((sketches[0], sketches[-1])):
        vectors = [sketch.default, *map(tuple, sketch.sample(random, 1).tolist())]
        schedules = [replay(program.outputs, sketch.bind(vector)) for vector in vectors]
        made = [interpreted(program, s, VNNI, 1, f"k{number}{n}") for n, s in enumerate(schedules)]
        compiled(made, Target.host(), 1)
