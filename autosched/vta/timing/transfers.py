"""What a LOAD or a STORE asks of the memory: bursts of beats, and zeros beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Shape:
    """Rows of elements in DRAM, and the padding around them on the chip."""

    rows: int
    columns: int
    stride: int
    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as the bus sees it.

    `bursts` are beats of one request each, in order; `vectors` the rows of a batch among
    them, which the output buffer is read by; `top_cells`, `side_cells` and `bottom_cells`
    the zeros, in elements, and `skipped` the data rows without any.
    """

    rows: int
    bursts: tuple[int, ...]
    beats: int
    shortest: int
    vectors: int
    wide: bool
    top: int
    top_cells: int
    side_cells: int
    skipped: int
    bottom_cells: int

    @property
    def padding(self) -> int:
        """Elements of zeros."""
        return self.top_cells + self.side_cells + self.bottom_cells


@lru_cache(maxsize=1 << 14)
def transfer(
    shape: Shape, address: int, element_bytes: int, vector_bytes: int, bus_bytes: int, burst: int
) -> Transfer:
    """The transfer of `shape` at a byte `address`, of which only the place in a burst matters.

    A row is one request, cut where a burst of `burst` beats of `bus_bytes` would cross a
    multiple of its size. Measured for elements of two beats and more and for micro-ops, two
    to a beat; rows of a wider bus that begin or end inside a beat are derived.
    """
    limit = burst * bus_bytes
    row_bytes, step = shape.columns * element_bytes, shape.stride * element_bytes
    bursts: list[int] = []
    first = address
    if step % limit == 0 or shape.rows == 1:
        bursts = _row(first % limit, row_bytes, bus_bytes, limit) * shape.rows
    else:
        for _ in range(shape.rows):
            bursts += _row(first % limit, row_bytes, bus_bytes, limit)
            first += step
    wide = element_bytes <= bus_bytes
    per_vector = max(1, vector_bytes // bus_bytes)
    vectors = len(bursts) if wide else sum(-(-beats // per_vector) for beats in bursts)
    width = shape.left + shape.columns + shape.right
    sides = shape.rows * (shape.left + shape.right)
    return Transfer(
        rows=shape.rows,
        bursts=tuple(bursts),
        beats=sum(bursts),
        shortest=min(bursts),
        vectors=vectors,
        wide=wide,
        top=shape.top,
        top_cells=shape.top * width,
        side_cells=sides,
        skipped=0 if sides or not shape.bottom else shape.rows,
        bottom_cells=shape.bottom * width,
    )


def _row(first: int, size: int, bus_bytes: int, limit: int) -> list[int]:
    """Beats of each request for `size` bytes from `first`, itself below `limit`."""
    end = first + size
    at = first - first % bus_bytes
    bursts = []
    while at < end:
        stop = min(end, at - at % limit + limit)
        bursts.append(-(-(stop - at) // bus_bytes))
        at = stop
    return bursts
