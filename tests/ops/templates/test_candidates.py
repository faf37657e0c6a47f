"""The candidates of knobs."""

from math import prod

import pytest

from autosched.errors import WorkloadError
from autosched.ops.templates.candidates import annotated, orders, splits


@pytest.mark.parametrize(
    ("extent", "policy", "count"),
    [
        (256, "factors", 45),
        (256, "power2", 45),
        (256, "verbose", 45),
        (224, "factors", 63),
        (224, "power2", 36),
        (1, "power2", 1),
    ],
)
def test_splits_into_three(extent: int, policy: str, count: int) -> None:
    found = splits(extent, 3, policy)
    assert len({value.extents for value in found}) == len(found) == count
    for value in found:
        outer, *inner = value.size
        assert (outer - 1) * prod(inner) < extent <= outer * prod(inner)


def test_factors_leave_no_remainder() -> None:
    assert {prod(value.size) for value in splits(60, 4, "factors")} == {60}


def test_more_sizes_are_tried_by_both() -> None:
    found = {value.extents for value in splits(12, 2, "verbose")}
    assert found == {(12, 1), (6, 2), (4, 3), (3, 4), (2, 6), (2, 8), (1, 12)}


def test_the_greatest_inner_extent() -> None:
    assert [value.extents for value in splits(8, 2, "factors", most=2)] == [(8, 1), (4, 2)]


def test_orders() -> None:
    assert [value.perm for value in orders(2, "all")] == [(0, 1), (1, 0)]
    assert [value.perm for value in orders(3, "identity")] == [(0, 1, 2)]


def test_annotations_start_at_the_innermost_loop() -> None:
    def of(policy: str) -> list[tuple[str, ...]]:
        return [value.anns for value in annotated(2, policy)]

    assert of("unroll") == [("unroll", "unroll")]
    assert of("vec") == [("vec", "vec")]
    tried = [("none", "none"), ("none", "unroll"), ("unroll", "unroll")]
    assert of("try_unroll") == tried
    assert of("try_vec") == [("none", "none"), ("none", "vec")]
    assert of("try_unroll_vec") == [*tried, ("none", "vec"), ("unroll", "vec")]


@pytest.mark.parametrize(
    "call",
    [lambda: splits(8, 2, "thirds"), lambda: orders(2, "any"), lambda: annotated(2, "any")],
)
def test_an_unknown_policy_is_refused(call) -> None:
    with pytest.raises(WorkloadError, match="expected a policy of"):
        call()
