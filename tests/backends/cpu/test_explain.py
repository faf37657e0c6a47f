"""What binds a kernel."""

import pytest

from autosched.backends.cpu.explain import _limit_table, _told, binding
from autosched.backends.cpu.limit import Limit

ADDS = Limit("multiply-adds", 1.0, "GFLOP", 100.0)
READS = Limit("reads of L3", 1.0, "MB", 280.0)


@pytest.mark.parametrize(
    ("time_ns", "expected"), [(300.0, READS), (260.0, READS), (120.0, ADDS), (90.0, None)]
)
def test_a_limit_that_the_kernel_passes_does_not_bind(
    time_ns: float, expected: Limit | None
) -> None:
    assert binding([ADDS, READS], time_ns) is expected


def test_a_limit_that_the_kernel_passes_is_doubted() -> None:
    rows = _limit_table([ADDS, READS], 90.0, {}).splitlines()
    assert rows[1].endswith("111%, so fewer are computed")
    assert rows[2].endswith("311%, so fewer are moved")
    assert "fewer" not in _limit_table([ADDS, READS], 300.0, {})


def test_without_limits_nothing_binds() -> None:
    assert binding([], 1.0) is None


def test_a_kernel_far_from_each_limit_is_bound_by_instructions() -> None:
    assert _told(ADDS, 125.0) == "multiply-adds, 80% of it reached"
    assert _told(ADDS, 250.0).startswith("none of these, but instructions; the nearest is mult")
    assert _told(None, 1.0) == "unknown"
