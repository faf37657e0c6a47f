from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autosched.graph.memory import Lifetime, arena, lower_bound
from autosched.runtime.arrays import ALIGNMENT_BYTES

lifetimes = st.builds(
    lambda size, first, length: Lifetime(size, first, first + length),
    st.integers(1, 5000),
    st.integers(0, 12),
    st.integers(0, 5),
)


@given(st.lists(lifetimes, max_size=14))
def test_arrays_that_live_together_do_not_overlap(arrays: list[Lifetime]) -> None:
    named = dict(enumerate(arrays))
    made = arena(named)
    for a, one in named.items():
        assert made.offsets[a] % ALIGNMENT_BYTES == 0
        assert made.offsets[a] + one.bytes <= made.bytes
        for b, other in named.items():
            if a < b and one.meets(other):
                before = made.offsets[a] + one.bytes <= made.offsets[b]
                assert before or made.offsets[b] + other.bytes <= made.offsets[a]
    assert made.bytes >= lower_bound(named)


def test_a_chain_takes_two_buffers() -> None:
    chain = {number: Lifetime(640, number, number + 1) for number in range(9)}
    assert arena(chain).bytes == lower_bound(chain) == 1280


def test_a_small_array_goes_where_there_is_room() -> None:
    arrays = {"a": Lifetime(640, 0, 1), "b": Lifetime(640, 0, 3), "c": Lifetime(64, 2, 3)}
    made = arena(arrays)
    assert made.bytes == 1280
    assert made.offsets["c"] == made.offsets["a"]


def test_another_order_is_tried_where_the_largest_first_leave_a_gap() -> None:
    arrays = {
        "a": Lifetime(192, 2, 5),
        "b": Lifetime(256, 4, 7),
        "c": Lifetime(64, 0, 3),
        "d": Lifetime(256, 0, 1),
    }
    assert arena(arrays).bytes == lower_bound(arrays) == 448


def test_nothing_takes_nothing() -> None:
    assert arena({}).bytes == lower_bound({}) == 0
