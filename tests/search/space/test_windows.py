"""Which contractions windows read plane by plane, and what is kept for them."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.inlining import inline_producers
from autosched.search.space.windows import ends_before_windows, planes_of
from autosched.te.tensor import Tensor
from tests.search.space.nests import reduced, rows
from tests.search.space.window_nets import expanded, pooled, windows


def read_by_windows(output: Tensor) -> list[str]:
    """The contractions whose planes windows read, with all that is elementwise inlined."""
    builder = SketchBuilder([output])
    inline_producers(builder, pads_inlined=True)
    stages = builder.schedule.stages
    return [stage.name for stage in stages if planes_of(builder.schedule, stage)]


@pytest.mark.parametrize(
    "output",
    [
        windows(expanded(4, 16, 8)),
        windows(expanded(4, 16, 9), kernel=5, stride=2),
        windows(expanded(4, 16, 8, batch=2), dilation=2),
        pooled(expanded(4, 16, 8)),
    ],
    ids=["3 x 3", "stride", "dilation", "pooling"],
)
def test_windows_over_planes(output: Tensor) -> None:
    assert read_by_windows(output) == ["expand"]


@pytest.mark.parametrize(
    "output",
    [
        expanded(4, 16, 8),
        windows(expanded(4, 1, 8)),
        windows(expanded(4, 16, 8), multiplier=2),
        reduced(rows(), 1),
        windows(te.placeholder((1, 16, 8, 8), name="x")),
    ],
    ids=["no windows", "one plane", "several filters a plane", "a sum", "no contraction"],
)
def test_other_expressions(output: Tensor) -> None:
    assert read_by_windows(output) == []
    assert not ends_before_windows([output], 16)


def test_the_end_of_the_epilogue_is_kept() -> None:
    output = windows(expanded(4, 16, 8))
    stages = SketchBuilder([output]).schedule.stages
    kept = ends_before_windows([output], 16)
    assert [stage.name for stage in stages if stage.number in kept] == ["clip"]
    assert not ends_before_windows([windows(expanded(4, 16, 8, bound=None))], 16)
