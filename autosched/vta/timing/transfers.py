"""LOAD and STORE cut into bursts of beats."""

from __future__ import annotations

from autosched.codegen.native import Int64s, native
from autosched.vta.timing.table import WIDTH, Entry


@native
def cut(
    table: Int64s, bursts: Int64s, row: int, limit: int, bus_bits: int, vector_bits: int
) -> None:
    """Cut the transfer whose row begins at `row`, and count its bursts, beats and vectors.

    A row of elements is one request, cut where a burst would cross a multiple of `limit`
    bytes. A beat is `1 << bus_bits` bytes; a vector, one read of the output buffer, is
    `1 << vector_bits` beats. Measured for elements of two beats and more and for micro-ops,
    two to a beat; rows of a wider bus that begin or end inside a beat are derived.
    """
    first = table[row + Entry.ADDRESS]
    step = table[row + Entry.STEP] % limit
    size = table[row + Entry.ROW_BYTES]
    place = table[row + Entry.FIRST]
    beats, vectors = 0, 0
    for _ in range(table[row + Entry.ROWS]):
        at, end, stop = first >> bus_bits << bus_bits, first + size, limit
        while at < end:
            burst = (min(end, stop) - at + (1 << bus_bits) - 1) >> bus_bits
            bursts[place] = burst
            place += 1
            beats += burst
            vectors += (burst + (1 << vector_bits) - 1) >> vector_bits
            at, stop = stop, stop + limit
        first += step
        if first >= limit:
            first -= limit
    table[row + Entry.BURSTS] = place - table[row + Entry.FIRST]
    table[row + Entry.BEATS] = beats
    table[row + Entry.VECTORS] = vectors


@native
def cut_all(
    table: Int64s, bursts: Int64s, count: int, limit: int, bus_bits: int, vector_bits: int
) -> None:
    """Cut the transfers of the first `count` rows of the table."""
    for index in range(count):
        if table[index * WIDTH + Entry.ROWS]:
            cut(table, bursts, index * WIDTH, limit, bus_bits, vector_bits)
