"""Copies between DRAM and the chip as 2-D transfers.

A transfer moves rows of neighbouring elements, a fixed stride apart in DRAM and one after
the other on the chip, and a load can put zeros around them. Loops that step like one are
merged first, so that rows which are contiguous on both sides become one row. A copy of more
than two dimensions becomes several transfers; padding that no transfer can make is copied
from zeros in DRAM.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from autosched.vta.isa.fields import MAX_PAD, MAX_SIZE
from autosched.vta.lowering.boxes import Box, Range
from autosched.vta.lowering.fold import merged

CopyLoop = tuple[int, int, int]
"""A loop: its extent, and its steps on the chip and in DRAM, in elements."""


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
    is_zero: bool = False
    """Whether it reads the zeros in DRAM, not the tensor."""


@dataclass(frozen=True, slots=True)
class _Padded:
    """A loop whose first `before` and last `after` iterations are zeros."""

    before: int
    count: int
    after: int
    sram: int
    dram: int

    @property
    def extent(self) -> int:
        return self.before + self.count + self.after


def transfers(lines: list[CopyLoop], box: Box, zero_count: int, *, is_load: bool) -> list[Transfer]:
    """Return the transfers that copy the points of `box`; DRAM has `zero_count` zeros in a row."""
    if box.blank:
        return zeros(lines, box.around, zero_count)
    found = _two_dimensional(lines, box, is_load)
    if found is not None:
        return found
    # Padding that one transfer cannot make is copied from zeros, in transfers of its own.
    outermost = max(
        (n for n, kept in enumerate(box.ranges) if kept != box.around[n]), key=lambda n: lines[n][1]
    )
    kept, around = box.ranges[outermost], box.around[outermost]
    result = []
    for low, high, blank in (
        (around[0], kept[0] - 1, True),
        (*kept, False),
        (kept[1] + 1, around[1], True),
    ):
        if low <= high:
            part = Box(list(box.ranges), list(box.around), blank)
            part.ranges[outermost] = part.around[outermost] = (low, high)
            result += transfers(lines, part, zero_count, is_load=is_load)
    return result


def zeros(lines: list[CopyLoop], ranges: list[Range], zero_count: int) -> list[Transfer]:
    """Return the transfers that put zeros at the points of `ranges`."""
    sram = sum(low * line[1] for (low, _), line in zip(ranges, lines, strict=True))
    counts = [high - low + 1 for low, high in ranges]
    rest = merged([(n, line[1], 0, 0) for n, line in zip(counts, lines, strict=True)])
    plain: list[CopyLoop] = []
    for extent, step, *_ in rest:
        if step == 1:
            row = next(n for n in range(min(zero_count, extent), 0, -1) if extent % n == 0)
            plain += [(row, 1, 1), (extent // row, row, 0)]
        else:
            plain.append((extent, step, 0))
    return _placed(sram, 0, [], [line for line in plain if line[0] > 1], is_zero=True)


def _two_dimensional(lines: list[CopyLoop], box: Box, is_load: bool) -> list[Transfer] | None:
    """Return transfers that make all padding by their pad fields; None if they cannot."""
    sram = dram = 0
    plain, padded = [], []
    for line, kept, around in zip(lines, box.ranges, box.around, strict=True):
        extent, step, stride = line
        sram += around[0] * step
        dram += kept[0] * stride
        if kept != around:
            padded.append(_padded(kept, around, step, stride))
        elif is_load and _tidy(line, kept, lines):
            # Nothing reads beside the row, and zeros there keep the rows in one transfer.
            sram -= kept[0] * step
            padded.append(_padded(kept, (0, extent - 1), step, stride))
        else:
            plain.append((kept[1] - kept[0] + 1, step, stride, 0))
    if any(max(line.before, line.after) > MAX_PAD for line in padded):
        return None
    rest = [line[:3] for line in merged(plain)]
    found = _placed(sram, dram, padded, rest)
    return None if padded else found


def _placed(
    sram: int, dram: int, padded: list[_Padded], rest: list[CopyLoop], *, is_zero: bool = False
) -> list[Transfer]:
    """Return the transfers from two bases on; take the loops they pad out of `padded`."""
    row = _take_row(padded, rest)
    column = _take_column(row.extent, padded, rest)
    span = (column.extent - 1) * column.sram + (row.extent - 1) * row.sram
    # The stride of a single row is free.
    stride = column.dram if column.count > 1 else row.count
    pads = (column.before, column.after, row.before, row.after)
    return [
        Transfer(
            sram + inner,
            dram + outer,
            column.count,
            row.count,
            stride,
            pads,
            sram + inner + span,
            is_zero,
        )
        for inner, outer in _offsets(rest)
    ]


def _tidy(line: CopyLoop, kept: Range, lines: list[CopyLoop]) -> bool:
    """Whether the loop runs over most of a row, with at most `MAX_PAD` elements beside it."""
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


def _take_row(padded: list[_Padded], rest: list[CopyLoop]) -> _Padded:
    for line in padded:
        if line.sram == line.dram == 1:
            padded.remove(line)
            return line
    for plain in rest:
        if plain[1:] == (1, 1) and plain[0] <= MAX_SIZE:
            rest.remove(plain)
            return _Padded(0, plain[0], 0, 1, 1)
    return _Padded(0, 1, 0, 1, 1)


def _take_column(pitch: int, padded: list[_Padded], rest: list[CopyLoop]) -> _Padded:
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


def _offsets(rest: list[CopyLoop]) -> list[tuple[int, int]]:
    return [
        (
            sum(n * line[1] for n, line in zip(at, rest, strict=True)),
            sum(n * line[2] for n, line in zip(at, rest, strict=True)),
        )
        for at in product(*(range(line[0]) for line in rest))
    ]
