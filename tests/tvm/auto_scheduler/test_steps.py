"""Steps of TVM's logs: the loops they make, and what the kernels compute."""

import numpy as np
import pytest

from autosched.errors import ScheduleError
from autosched.tvm.auto_scheduler.steps import schedule_of
from tests.tvm.auto_scheduler.samples import sample_matmul
from tests.tvm.running import check, values

TILED = [
    ["SP", 2, 0, 8, [2, 1, 2], 1],
    ["SP", 2, 4, 8, [1, 1, 4], 1],
    ["SP", 2, 8, 8, [4], 1],
    ["RE", 2, [0, 4, 1, 5, 8, 2, 6, 9, 3, 7]],
    ["FSP", 4, 0, 0, 2],
    ["FSP", 4, 3, 1, 2],
    ["RE", 4, [0, 3, 1, 4, 2, 5]],
    ["CA", 2, 4, 3],
    ["FU", 4, [0, 1]],
    ["AN", 4, 0, 3],
    ["PR", 2, 0, "auto_unroll_max_step$8"],
    ["AN", 2, 9, 2],
    ["AN", 4, 4, 2],
]
"""Tiles as the auto-scheduler of TVM makes them."""

CACHED = [
    ["CHW", 4, "local"],
    ["SP", 5, 0, 8, [4], 1],
    ["CA", 4, 5, 0],
    ["CHR", 0, "global", [2]],
    ["CA", 1, 3, 0],
]
FACTORED = [["SP", 2, 2, 8, [4], 1], ["RF", 2, 3, 2], ["RE", 2, [2, 0, 1, 3]], ["CA", 2, 3, 1]]
FUSED = [["SP", 4, 0, 8, [2], 0], ["SP", 4, 2, 8, [4], 0], ["FU", 4, [0, 1]], ["FU", 2, [0, 1]]]
FOLLOWING = [*FUSED, ["FFSP", 2, 0, [0, 1], 0, 0], ["AN", 2, 1, 1]]


@pytest.mark.parametrize(
    ("steps", "loops"),
    [
        ([], [3, 2]),
        (TILED, [10, 5]),
        ([["CI", 2]], None),
        ([["CR", 2], ["SA", 2, 0, 8, 1], ["AN", 2, 0, 0]], [3, 2]),
        (FACTORED, [4, 3, 2]),
        (FOLLOWING, [3, 3]),
    ],
)
def test_what_is_read_computes_the_same(steps, loops) -> None:
    if loops is None:
        with pytest.raises(ScheduleError, match="reduc"):
            schedule_of(sample_matmul(8, 8, 8), steps)
        return
    tensors = sample_matmul(8, 8, 8)
    schedule = schedule_of(tensors, steps)
    assert [len(stage.leaves) for stage in schedule.stages if stage.leaves] == loops
    a, b, c = (values((8, 8)) for _ in range(3))
    check(schedule, tensors, [a, b, c], a @ b + c, rtol=1e-4)


def test_caches_get_numbers_where_tvm_puts_them() -> None:
    tensors = sample_matmul(8, 8, 8)
    schedule = schedule_of(tensors, CACHED)
    assert [step.name for step in schedule.trace] == [
        "cache_write", "split", "compute_at", "cache_read", "compute_at",
    ]  # fmt: skip
    a, b, c = (values((8, 8)) for _ in range(3))
    check(schedule, tensors, [a, b, c], a @ b + c, rtol=1e-4)


def test_the_loops_of_tiles() -> None:
    schedule = schedule_of(sample_matmul(8, 8, 8), TILED)
    text = str(schedule)
    assert text.startswith("parallel i.outer.outer.j.outer.outer.fused in 0..4:")
    assert np.all(["vectorized j.inner in 0..4" in text, "auto_unroll_max_step=8" in text])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (["AN", 4, 0, 6], "expected a loop of a CPU, got one bound to a thread of a GPU"),
        (["SP", 4, 0, 8, [None], 1], "expected the sizes of a split, got some that are open"),
        (["XX", 4], "expected a step that can be said here, got XX"),
        (["PR", 4, 0, "tensor_core"], "expected a pragma that is known here, got tensor_core"),
        (["SP", 9, 0, 8, [2], 1], "expected a step of the auto-scheduler"),
        (["AN", 4, 7, 1], "expected a step of the auto-scheduler"),
        (["FSP", 4, 0, 3, 2], "expected a step of the auto-scheduler"),
        (["FU"], "expected a step of the auto-scheduler"),
        ([], "expected a step of the auto-scheduler"),
    ],
)
def test_what_cannot_be_said_is_refused(step, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason):
        schedule_of(sample_matmul(8, 8, 8), [step])
