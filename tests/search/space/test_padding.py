"""Taps of windows that meet only padding are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.ops.convolution import convolution
from autosched.ops.elementwise import relu
from autosched.schedule.primitives.skip_zeros import nonzero_conditions
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.padding import share_of_zeros, skip_padding
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.tasks import MACHINE


def padded(
    size: tuple[int, ...] = (5, 5), k: int = 3, channels: int = 3, filters: int = 9, batch: int = 1,
    padding: int = 1, stride: int = 1, dilation: int = 1, groups: int = 1, dtype: str = "float32",
) -> te.Tensor:  # fmt: skip
    x = te.placeholder((batch, channels * groups, *size), dtype, name="x")
    shape = (filters * groups, channels, *(k for _ in size))
    w = te.placeholder(shape, dtype, name="w", constant=True)
    return convolution(x, w, None, stride, padding, dilation, groups)


def banded() -> te.Tensor:
    """A product of which a condition in the sum leaves out terms, with no other reduce axis."""
    A, B = te.placeholder((5, 7), name="A"), te.placeholder((7, 18), name="B")
    k = te.reduce_axis((0, 7), name="k")
    return te.compute(
        (5, 18), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k, where=k <= i + 1), name="C"
    )


def names(output: te.Tensor, target: Target = MACHINE) -> list[str]:
    return [sketch.name for sketch in space([output], target).sketches]


@pytest.mark.parametrize(
    ("output", "share"),
    [
        (lambda: padded((7, 7)), 1 - (19 / 21) ** 2),
        (lambda: padded((7,)), 1 - 19 / 21),
        (lambda: padded((14, 14), stride=2), 1 - (20 / 21) ** 2),
        (lambda: padded((13, 13), 5, padding=2), 1 - (59 / 65) ** 2),
        (lambda: padded((3,), dilation=3, padding=3), 1 - 3 / 9),
        (lambda: padded((2,), 7, padding=3), 1 - 4 / 14),
    ],
    ids=["7", "row", "stride", "5x5", "dilation", "long"],
)
def test_the_share_of_taps_that_meet_padding(output: Callable[[], te.Tensor], share: float) -> None:
    stage = SketchBuilder([output()]).schedule.stages[-1]
    assert share_of_zeros(nonzero_conditions(stage)) == pytest.approx(share)


def test_sketches_that_leave_them_out_come_first() -> None:
    first, *others = names(padded((7, 7)))
    assert first.endswith("_skip")
    assert any(name.endswith("_inline") for name in others)
    assert any("_skip_canonical" in name for name in names(padded((7, 7), groups=3, filters=16)))


def test_padding_of_three_axes_is_a_copy_or_left_out() -> None:
    found = names(padded((5, 5, 5)))
    assert found[0].endswith("_skip")
    assert not any("_inline" in name for name in found)


def test_long_windows_and_what_is_computed_once_read_a_copy() -> None:
    exact = replace(MACHINE, tolerance=0.0)
    relued = convolution(
        relu(te.placeholder((1, 3, 40, 40), name="x")),
        te.placeholder((16, 3, 3, 3), name="w", constant=True),
        padding=1,
    )
    for output, target in ((padded((80, 80), filters=16), MACHINE), (padded((7, 7)), exact)):
        assert names(output, target)[0].endswith("_inline")
    for output in (padded((90,), 9, filters=16, padding=4), relued):
        assert not names(output, exact)[0].endswith("_inline")


def test_padding_around_windows_of_one_point_is_a_copy_whose_axes_are_one() -> None:
    found = names(padded((28, 27), 1, channels=16, filters=64))
    assert found[0].endswith("_fused")
    assert "_inline" not in found[0]


def test_what_is_computed_before_padding_is_computed_once() -> None:
    x = te.placeholder((1, 3, 7, 7), name="x")
    w = te.placeholder((16, 3, 3, 3), name="w", constant=True)
    for data, is_inlined in ((x, True), (relu(x), False)):
        output = convolution(data, w, padding=1)
        sketch = space([output], MACHINE).sketches[0]
        loops = str(replay([output.op], sketch.bind(sketch.default)))
        assert sketch.name.endswith("_skip")
        assert ("# pad is inlined" in loops) == is_inlined


@pytest.mark.parametrize(
    ("output", "target"),
    [
        (padded((7, 7), padding=0), MACHINE),
        (padded((80, 80)), MACHINE),
        (padded((9,), 17, padding=8), MACHINE),
        (padded((7, 7), dtype="int32"), MACHINE),
        (padded((7, 7)), replace(MACHINE, tolerance=0.0)),
    ],
    ids=["none", "few", "long rows", "integers", "as written"],
)
def test_where_all_are_computed(output: te.Tensor, target: Target) -> None:
    assert not skip_padding(SketchBuilder([output]), Core.of(target, 32)) or target.tolerance == 0
    assert not any("_skip" in name for name in names(output, target))


def test_sums_over_nothing_but_taps() -> None:
    program = Program("banded", [banded()])
    sketch = space(program.outputs, MACHINE).sketches[0]
    schedule = replay(program.outputs, sketch.bind(sketch.default))
    assert "k.inner in 0..7 [reload=True]" in str(schedule)
    compiled([interpreted(program, schedule, MACHINE, 1, "main")], Target.host(), 1)


@pytest.mark.parametrize(
    "output",
    [
        lambda: padded((5, 3), batch=2),
        lambda: padded((5, 5), stride=2, filters=17),
        lambda: padded((4, 5), dilation=2, padding=2),
        lambda: padded((2, 2), 5, padding=2),
        lambda: padded((7,), 4, padding=3, filters=11),
        lambda: padded((3, 2, 3), channels=2),
        lambda: padded((3, 3), groups=2, filters=16),
    ],
    ids=["batch", "stride", "dilation", "large filter", "row", "volume", "groups"],
)
def test_what_they_compute(output: Callable[[], te.Tensor]) -> None:
    program = Program("padded", [output()])
    found = [each for each in space(program.outputs, MACHINE).sketches if "_skip" in each.name]
    drawn = found[-1].sample(np.random.default_rng(0), 1).tolist()[0]
    steps = (found[0].bind(found[0].default), found[-1].bind(tuple(drawn)))
    made = [
        interpreted(program, replay(program.outputs, each), MACHINE, 1, f"k{number}")
        for number, each in enumerate(steps)
    ]
    compiled(made, Target.host(), 1)
