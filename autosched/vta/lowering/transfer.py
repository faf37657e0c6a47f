"""Copies between DRAM and the chip as 2-D transfers.

A transfer moves rows of neighbouring elements, a fixed stride apart in DRAM and one after
the other on the chip, and a load can put zeros around them. Loops that step as one are
put together first, so that rows which are contiguous on both sides become one row. What
two dimensions cannot hold becomes several transfers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from autosched.errors import LoweringError
from autosched.vta.lowering.boxes import Box, Range
from autosched.vta.lowering.fold import merged

Line = tuple[int, int, int]
"""A loop: its extent, and what one step adds on the chip and in DRAM, in elements."""

MAX_SIZE = (1 << 16) - 1
MAX_PAD = (1 << 4) - 1


@dataclass(frozen=True, slots=True)
class Transfer:
    """`y` rows of `x` elements, relative to two bases; `pads` are top, bottom, left, right."""

    sram: int
    dram: int
    y: int
    x: int
    stride: int
    pads: tuple[int, int, int, int]
    last: int
    """The last index on the chip, relative to the base; the first is `sram`."""


@dataclass(frozen=True, slots=True)
class _Padded:
    """A loop of which some values stand for zeros: before, within and after the others."""

    before: int
    count: int
    after: int
    sram: int
    dram: int

    @property
    def extent(self) -> int:
        return self.before + self.count + self.after


def transfers(lines: list[Line], box: Box, name: str, *, is_load: bool) -> list[Transfer]:
    """What copies the points of `box`; `name` is the buffer's, for errors."""
    if box.blank:
        raise LoweringError(
            f"expected at least one row inside of the tensor in each load of {name}, got "
            "padding alone",
            hint="inline the padding into the stage that reads it, or load larger tiles",
        )
    sram = dram = 0
    plain, padded = [], []
    for line, kept, around in zip(lines, box.ranges, box.around, strict=True):
        extent, step, stride = line
        sram += around[0] * step
        dram += kept[0] * stride
        if kept != around:
            padded.append(_padded(kept, around, step, stride))
        elif is_load and _tidy(line, kept, lines):
            # Nobody reads what lies beside the row: zeros there keep the rows in one transfer.
            sram -= kept[0] * step
            padded.append(_padded(kept, (0, extent - 1), step, stride))
        else:
            plain.append((kept[1] - kept[0] + 1, step, stride, 0))
    rest = [line[:3] for line in merged(plain)]
    row = _take_row(padded, rest)
    column = _take_column(row.extent, padded, rest)
    if padded:
        raise LoweringError(
            f"expected padding in the two innermost dimensions of a load of {name}, got it in "
            f"a dimension of {padded[0].extent} with {row.extent} elements a row",
            hint="inline the padding into the stage that reads it",
        )
    pads = (column.before, column.after, row.before, row.after)
    if max(pads) > MAX_PAD:
        raise LoweringError(
            f"expected at most {MAX_PAD} rows or columns of padding in a load of {name}, got "
            f"{max(pads)}",
            hint="inline the padding into the stage that reads it",
        )
    span = (column.extent - 1) * column.sram + (row.extent - 1) * row.sram
    # A single row has any stride.
    stride = column.dram if column.count > 1 else row.count
    return [
        Transfer(
            sram + inner,
            dram + outer,
            column.count,
            row.count,
            stride,
            pads,
            sram + inner + span,
        )
        for inner, outer in _offsets(rest)
    ]


def _tidy(line: Line, kept: Range, lines: list[Line]) -> bool:
    """A part of a row of whole rows, with little beside it."""
    extent, step, stride = line
    before, after = kept[0], extent - 1 - kept[1]
    return (
        step == stride == 1
        and 0 < max(before, after) <= MAX_PAD
        and any(other[1] == extent and other[0] > 1 for other in lines)
    )


def _padded(kept: Range, around: Range, step: int, stride: int) -> _Padded:
    before, after = kept[0] - around[0], around[1] - kept[1]
    return _Padded(before, kept[1] - kept[0] + 1, after, step, stride)


def _take_row(padded: list[_Padded], rest: list[Line]) -> _Padded:
    for line in padded:
        if line.sram == line.dram == 1:
            padded.remove(line)
            return line
    for plain in rest:
        if plain[1:] == (1, 1) and plain[0] <= MAX_SIZE:
            rest.remove(plain)
            return _Padded(0, plain[0], 0, 1, 1)
    return _Padded(0, 1, 0, 1, 1)


def _take_column(pitch: int, padded: list[_Padded], rest: list[Line]) -> _Padded:
    for line in padded:
        if line.sram == pitch and (line.count == 1 or 0 <= line.dram <= MAX_SIZE):
            padded.remove(line)
            return line
    for plain in rest:
        extent, step, stride = plain
        if step == pitch and extent <= MAX_SIZE and 0 <= stride <= MAX_SIZE:
            rest.remove(plain)
            return _Padded(0, extent, 0, step, stride)
    return _Padded(0, 1, 0, pitch, 0)


def _offsets(rest: list[Line]) -> list[tuple[int, int]]:
    return [
        (
            sum(n * line[1] for n, line in zip(at, rest, strict=True)),
            sum(n * line[2] for n, line in zip(at, rest, strict=True)),
        )
        for at in product(*(range(line[0]) for line in rest))
    ]
