from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.infer import TypedBuilder
from autosched.graph.passes.arrangement import Arrangement, carried
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype

Steps = list[tuple[str, list[int]]]


def arrangement(shape: list[int], steps: Steps) -> Arrangement | None:
    found = Arrangement(shape)
    for name, numbers in steps:
        if name == "transpose":
            found.transpose(numbers)
        elif not found.reshape(numbers):
            return None
    return found


def sizes(axes: object) -> list[list[int]]:
    return [[part.size for part in parts] for parts in axes]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("shape", "steps", "source", "result"),
    [
        ([2, 3, 4], [("reshape", [6, 4]), ("transpose", [1, 0])], [[2], [3], [4]], [[4], [2, 3]]),
        ([6], [("reshape", [2, 3]), ("transpose", [1, 0])], [[2, 3]], [[3], [2]]),
        ([4, 6], [("reshape", [8, 3])], [[4], [2, 3]], [[4, 2], [3]]),
        ([1, 6, 1], [("reshape", [1, 1, 6])], [[], [6], []], [[], [], [6]]),
        ([12], [("reshape", [2, 6]), ("reshape", [2, 3, 2])], [[2, 3, 2]], [[2], [3], [2]]),
    ],
)
def test_axes_are_divided_into_parts(
    shape: list[int], steps: Steps, source: list[list[int]], result: list[list[int]]
) -> None:
    found = arrangement(shape, steps)
    assert found is not None
    assert (sizes(found.source), sizes(found.result)) == (source, result)


def test_an_axis_that_cannot_be_divided() -> None:
    assert arrangement([4, 6], [("reshape", [6, 4])]) is None


def test_only_transposes_move_elements() -> None:
    for steps, is_view in [
        ([("reshape", [3, 2])], True),
        ([("transpose", [0, 2, 1])], False),
        ([("transpose", [1, 0, 2])], True),  # an axis of one point
    ]:
        found = arrangement([1, 3, 2][-3 if "transpose" in steps[0][0] else -2 :], steps)
        assert found is not None
        assert found.is_view == is_view


def test_parts_that_stay_together_are_one() -> None:
    steps: Steps = [("reshape", [2, 3, 4]), ("reshape", [6, 4]), ("transpose", [1, 0])]
    found = arrangement([6, 4], steps)
    assert found is not None
    found.merge()
    assert (sizes(found.source), sizes(found.result)) == ([[6], [4]], [[4], [6]])


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("shape", [(), (1,), (4,), (6, 1), (6, 4), (1, 4), (1, 6, 4)])
def test_an_operand_is_carried_along(shape: tuple[int, ...], back: bool) -> None:
    """From the source [1, 6, 4] to its transposed matrix, and back."""
    found = arrangement([1, 6, 4], [("reshape", [6, 4]), ("transpose", [1, 0])])
    assert found is not None
    x = np.arange(24.0).reshape(1, 6, 4)
    c = np.random.default_rng(0).uniform(size=shape)
    builder = TypedBuilder("g")
    if back:  # one that broadcasts to the transposed matrix
        c = c.reshape(shape[-2:]).T.copy() if len(shape) > 1 else c.reshape([*shape, 1][-2:])
    axes = (found.result, found.source) if back else (found.source, found.result)
    there = carried(builder.constant(c), *axes, builder)
    assert there is not None
    other = np.asarray(builder.known(there))
    if back:
        np.testing.assert_array_equal((x * other).reshape(6, 4).T, x.reshape(6, 4).T * c)
    else:
        np.testing.assert_array_equal(x.reshape(6, 4).T * other, (x * c).reshape(6, 4).T)


def test_what_cannot_be_carried() -> None:
    found = arrangement([6, 4], [("reshape", [2, 3, 4]), ("transpose", [0, 2, 1])])
    assert found is not None
    builder = TypedBuilder("g")
    halves = builder.constant(np.ones((2, 1, 1)))
    assert carried(halves, found.result, found.source, builder) is None
    computed = builder.input("x", TensorType(dtype("float32"), (2, 4, 3)))
    assert carried(computed, found.result, found.source, builder) is None
    row = builder.input("y", TensorType(dtype("float32"), (4, 1)))
    assert carried(row, found.result, found.source, builder) is not None
