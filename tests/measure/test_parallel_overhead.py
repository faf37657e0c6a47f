"""The overhead of a parallel loop."""

from dataclasses import replace

import pytest

from autosched.measure.parallel_overhead import ASSUMED_NS, MAX_NS, parallel_overhead_ns, rounded
from autosched.target.target import Target


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_it_is_a_power_of_two_and_is_measured_once(threads: int) -> None:
    here = Target.host().with_threads(threads)
    found = parallel_overhead_ns(here)
    assert found.bit_count() == 1
    assert 1 <= found <= MAX_NS
    assert parallel_overhead_ns(replace(here)) == found


def test_it_is_assumed_for_another_machine() -> None:
    here = Target.host()
    assert parallel_overhead_ns(replace(here, l2_bytes=here.l2_bytes + 1)) == ASSUMED_NS


@pytest.mark.parametrize(
    ("ns", "expected"),
    [(-3.0, 1), (1.4, 1), (1.5, 2), (700.0, 512), (730.0, 1024), (float("inf"), MAX_NS)],
)
def test_it_is_rounded_by_ratio(ns: float, expected: int) -> None:
    assert rounded(ns) == expected
