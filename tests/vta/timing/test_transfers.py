"""Bursts and beats."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.codegen.native import Int64s
from autosched.vta.timing.table import WIDTH, Entry
from autosched.vta.timing.transfers import cut_all

Shape = tuple[int, int, int]
"""Rows, columns and the distance of rows, in elements."""


def cut(
    shape: Shape, address: int, element: int, bus: int, burst: int = 256, vector_bits: int = 40
) -> tuple[list[int], Int64s]:
    """Return the bursts of a transfer, and its row of the table."""
    rows, columns, stride = shape
    table = np.zeros((2, WIDTH), np.int64)
    row = table[1]
    row[Entry.ROWS], row[Entry.ROW_BYTES] = rows, columns * element
    row[Entry.STEP], row[Entry.ADDRESS], row[Entry.FIRST] = stride * element, address, 3
    bursts = np.full(3 + rows * (columns * element // (burst * bus) + 2) + 1, -7, np.int64)
    cut_all(table, bursts, 2, burst * bus, bus.bit_length() - 1, vector_bits)
    count = row[Entry.BURSTS]
    assert not table[0].any()
    assert set(bursts[:3]) | set(bursts[3 + count :]) == {-7}
    return bursts[3 : 3 + count].tolist(), row


@pytest.mark.parametrize(
    ("shape", "address", "element", "bus", "bursts"),
    [
        ((1, 5, 5), 0, 16, 8, [10]),
        ((3, 5, 9), 0, 16, 8, [10, 10, 10]),
        ((1, 300, 300), 0, 16, 8, [256, 256, 88]),
        ((1, 5, 5), 2048 - 32, 16, 8, [4, 6]),
        ((2, 10, 127), 0, 16, 8, [20, 2, 18]),
        ((2, 8, 8), 0, 256, 8, [256, 256]),
        ((1, 5, 5), 0, 4, 8, [3]),
        ((1, 5, 5), 4, 4, 8, [3]),
        ((1, 4, 4), 4, 4, 8, [3]),
        ((2, 3, 6), 0, 16, 64, [1, 2]),
    ],
)
def test_bursts(shape: Shape, address: int, element: int, bus: int, bursts: list[int]) -> None:
    found, row = cut(shape, address, element, bus)
    assert found == bursts
    assert row[Entry.BEATS] == sum(bursts)


def test_vectors_are_the_reads_of_the_output_buffer() -> None:
    # Batch 4: an element of 64 bytes is four vectors of 16, two beats each.
    assert cut((1, 3, 3), 0, 64, 8, vector_bits=1)[1][Entry.VECTORS] == 12
    assert cut((1, 3, 3), 0, 16, 8, vector_bits=1)[1][Entry.VECTORS] == 3
    # A bus as wide as the element needs no read of its own but the first of each burst.
    assert cut((1, 3, 3), 0, 16, 16)[1][Entry.VECTORS] == 1


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
    found, _ = cut((rows, columns, stride), address, element, bus, 64)
    beats = [
        beat
        for row in range(rows)
        for beat in range(
            (address + row * stride * element) // bus,
            -(-(address + (row * stride + columns) * element) // bus),
        )
    ]
    at = 0
    for burst in found:
        taken = beats[at : at + burst]
        assert taken == list(range(taken[0], taken[0] + burst))
        assert taken[0] // 64 == taken[-1] // 64
        at += burst
    assert at == len(beats)
