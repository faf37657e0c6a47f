"""Transfers: elements and zeros at the right places, in the fewest instructions."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from autosched.vta.lowering.boxes import Box, Range
from autosched.vta.lowering.transfer import CopyLoop, Transfer, transfers
from tests.properties import examples

ROOM = 8


def moved(each: Transfer) -> dict[int, int | None]:
    """Return, for each place on the chip, the loaded place in DRAM, or None for a zero."""
    found: dict[int, int | None] = {}
    top, bottom, left, right = each.pads
    place = each.sram
    for row in range(-top, each.y + bottom):
        for column in range(-left, each.x + right):
            inside = 0 <= row < each.y and 0 <= column < each.x
            source = each.dram + row * each.stride + column
            found[place] = source if inside and not each.is_zero else None
            place += 1
    assert place - 1 == each.last
    assert not each.is_zero or each.x <= ROOM
    assert all(pad <= 15 for pad in each.pads)
    return found


def expected(lines: list[CopyLoop], box: Box) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for at in product(*(range(low, high + 1) for low, high in box.around)):
        sram = sum(n * line[1] for n, line in zip(at, lines, strict=True))
        dram = sum(n * line[2] for n, line in zip(at, lines, strict=True))
        inside = all(low <= n <= high for n, (low, high) in zip(at, box.ranges, strict=True))
        found[sram] = dram if inside and not box.blank else None
    return found


@st.composite
def copies(draw: st.DrawFn) -> tuple[list[CopyLoop], Box]:
    """Make a copy of a tile of four dimensions with values in a part of it."""
    extents = draw(st.lists(st.integers(1, 4), min_size=4, max_size=4))
    lines: list[CopyLoop] = []
    sram, dram = 1, 1
    for extent in reversed(extents):
        lines.insert(0, (extent, sram, dram))
        sram *= extent
        dram *= extent + draw(st.integers(0, 2))
    ranges: list[Range] = []
    around: list[Range] = []
    for extent in extents:
        a, b, c, d = sorted(draw(st.integers(0, extent - 1)) for _ in range(4))
        padded = draw(st.sampled_from([0, 0, 1, 2]))
        ranges.append(((0, extent - 1), (b, c), (b, c))[padded])
        around.append(((0, extent - 1), (0, extent - 1), (a, d))[padded])
    return lines, Box(ranges, around, draw(st.sampled_from([False, False, True])))


@examples(300)
@given(copies())
def test_loads(case: tuple[list[CopyLoop], Box]) -> None:
    lines, box = case
    found: dict[int, int | None] = {}
    for each in transfers(lines, box, ROOM, is_load=True):
        found |= moved(each)
    # What lies beside the box in its rows may become zero, no more.
    wanted = expected(lines, box)
    assert wanted.items() <= found.items()
    assert all(found[place] is None for place in found.keys() - wanted.keys())


@examples(150)
@given(copies())
def test_stores(case: tuple[list[CopyLoop], Box]) -> None:
    lines, box = case
    box = Box(box.ranges, list(box.ranges))
    found: dict[int, int | None] = {}
    for each in transfers(lines, box, ROOM, is_load=False):
        assert each.pads == (0, 0, 0, 0)
        found |= moved(each)
    assert found == expected(lines, box)


def test_a_padded_tile_is_one_transfer() -> None:
    box = Box([(1, 4), (1, 6)], [(0, 5), (0, 7)])
    (each,) = transfers([(6, 8, 6), (8, 1, 1)], box, ROOM, is_load=True)
    assert (each.y, each.x, each.pads) == (4, 6, (1, 1, 1, 1))


def test_more_padding_than_a_transfer_makes_comes_from_zeros() -> None:
    box = Box([(20, 21), (0, 3)], [(0, 21), (0, 3)])
    found = transfers([(22, 4, 4), (4, 1, 1)], box, ROOM, is_load=True)
    assert [each.is_zero for each in found] == [True, False]
    assert (found[0].y, found[0].x) == (10, 8)


def test_a_part_of_each_row_is_one_transfer() -> None:
    """Zeros beside it, which are not read, keep the rows apart on the chip."""
    box = Box([(0, 5), (1, 6)], [(0, 5), (1, 6)])
    (each,) = transfers([(6, 8, 6), (8, 1, 1)], box, ROOM, is_load=True)
    assert (each.y, each.x, each.pads) == (6, 6, (0, 0, 1, 1))
    assert len(transfers([(6, 8, 6), (8, 1, 1)], box, ROOM, is_load=False)) == 6
