"""Bursts and beats."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosched.vta.timing.transfers import Shape, transfer


@pytest.mark.parametrize(
    ("shape", "address", "element", "bus", "bursts"),
    [
        (Shape(1, 5, 5), 0, 16, 8, (10,)),
        (Shape(3, 5, 9), 0, 16, 8, (10, 10, 10)),
        (Shape(1, 300, 300), 0, 16, 8, (256, 256, 88)),
        (Shape(1, 5, 5), 2048 - 32, 16, 8, (4, 6)),
        (Shape(2, 10, 127), 0, 16, 8, (20, 2, 18)),
        (Shape(2, 8, 8), 0, 256, 8, (256, 256)),
        (Shape(1, 5, 5), 0, 4, 8, (3,)),
        (Shape(1, 5, 5), 4, 4, 8, (3,)),
        (Shape(1, 4, 4), 4, 4, 8, (3,)),
        (Shape(2, 3, 6), 0, 16, 64, (1, 2)),
    ],
)
def test_bursts(shape: Shape, address: int, element: int, bus: int, bursts: tuple[int]) -> None:
    found = transfer(shape, address, element, element, bus, 256)
    assert found.bursts == bursts
    assert found.beats == sum(bursts)
    assert found.shortest == min(bursts)
    assert found.wide == (element <= bus)


def test_vectors_are_the_reads_of_the_output_buffer() -> None:
    # Batch 4: an element of 64 bytes is four vectors of 16, two beats each.
    assert transfer(Shape(1, 3, 3), 0, 64, 16, 8, 256).vectors == 12
    assert transfer(Shape(1, 3, 3), 0, 16, 16, 8, 256).vectors == 3
    # A bus as wide as the element needs no read of its own but the first of each burst.
    assert transfer(Shape(1, 3, 3), 0, 16, 16, 16, 256).vectors == 1


@settings(deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 90),
    st.integers(0, 200),
    st.integers(0, 255),
    st.sampled_from([4, 16, 64, 256]),
    st.sampled_from([8, 16, 32]),
)
def test_bursts_cover_the_bytes_and_stay_inside_their_blocks(
    rows: int, columns: int, stride: int, first: int, element: int, bus: int
) -> None:
    limit = 64 * bus
    address = first * element % limit
    found = transfer(Shape(rows, columns, stride), address, element, element, bus, 64)
    beats = [
        beat
        for row in range(rows)
        for beat in range(
            (address + row * stride * element) // bus,
            -(-(address + (row * stride + columns) * element) // bus),
        )
    ]
    at = 0
    for burst in found.bursts:
        taken = beats[at : at + burst]
        assert taken == list(range(taken[0], taken[0] + burst))
        assert taken[0] // 64 == taken[-1] // 64
        at += burst
    assert at == len(beats)
