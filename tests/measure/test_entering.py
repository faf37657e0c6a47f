"""What a parallel loop costs, as a fact of the target."""

from dataclasses import replace

import pytest

from autosched.measure.entering import ASSUMED_NS, MOST_NS, entering_ns, rounded
from autosched.target.target import Target


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_it_is_a_power_of_two_and_the_same_again(threads: int) -> None:
    here = Target.host().with_threads(threads)
    found = entering_ns(here)
    assert found.bit_count() == 1
    assert 1 <= found <= MOST_NS
    assert entering_ns(replace(here)) == found


def test_it_is_assumed_for_a_machine_that_is_not_here() -> None:
    here = Target.host()
    assert entering_ns(replace(here, l2_bytes=here.l2_bytes + 1)) == ASSUMED_NS


@pytest.mark.parametrize(
    ("ns", "expected"),
    [(-3.0, 1), (1.4, 1), (1.5, 2), (700.0, 512), (730.0, 1024), (float("inf"), MOST_NS)],
)
def test_it_is_rounded_by_ratio(ns: float, expected: int) -> None:
    assert rounded(ns) == expected
