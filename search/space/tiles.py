"""Tile sizes: the choices of each decision, and the defaults.

An extent of None is symbolic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, lcm

from autosched.target.dot_products import DotProduct, dot_products
from autosched.target.target import LINE_BYTES, Target

OPERANDS = 4
"""Vector registers that hold operands; a register tile may fill the others."""

TAIL = "partition"
"""How rules with one way to split treat tails: whole tiles have code without conditions."""

LEAST_SUMS = 8
"""Vectors of sums that hide the latency of multiply-adds: two a cycle, of four cycles each."""

LARGE = 1 << 30
"""Replaces an extent that is not known."""

PREFETCH_STEPS = (0, 1, 2, 4, 8, 16)
"""How many steps of the outermost reduce loop before its use an operand is fetched."""

STREAM_VECTORS = (8, 16, 32, 64, 128, 256, 512, 1024)
"""Vectors of a row whose sums stay in the caches while rows are read one after the other."""

LINES_OF_SET = 8
"""The lines that a set of L1 has: 8 or 12 in x86 processors."""

WAY_BYTES = 4096
"""Bytes after which the sets of L1 repeat: those of a page, which need no translation."""

SUMS_FLOATS = 512
"""Points of a row whose sums are kept beside those of many others.

Two vectors more, and the lines of rows that follow one another are in different sets of L1.
"""

REDUCE_BLOCKS = (128, 256, 512)
"""Steps of a reduction after which partial sums go back to memory."""


@dataclass(frozen=True, slots=True)
class Core:
    """A core of a target that has so many threads.

    `lanes` are the elements of a vector, `registers` the vector registers, `dots` the dot products,
    and `fast_dots` those that are the better guess; `tolerance` is that of the target.
    """

    lanes: int
    registers: int
    l1_bytes: int
    l2_bytes: int
    threads: int
    dots: tuple[DotProduct, ...] = ()
    fast_dots: tuple[DotProduct, ...] = ()
    tolerance: float = 0.0
    l3_bytes: int = 0

    @classmethod
    def of(cls, target: Target, bits: int) -> Core:
        """Return the core of a target for elements of so many bits."""
        dots = dot_products(target)
        return cls(
            target.vector_bits // bits,
            target.vector_registers,
            target.l1_bytes,
            target.l2_bytes,
            target.threads,
            dots,
            tuple(dot for dot in dots if target.cpu not in dot.slow_on),
            target.tolerance,
            target.l3_bytes,
        )

    @property
    def tile_registers(self) -> int:
        """The vector registers that a register tile may fill."""
        return self.registers - OPERANDS

    @property
    def packed_block_bytes(self) -> int:
        """Bytes of a packed block that stay in L2 beside the data that streams through it."""
        return min(1 << 19, self.l2_bytes // 2)

    @property
    def far_bytes(self) -> int:
        """Bytes of an operand from which on it does not stay in L2."""
        return min(1 << 20, self.l2_bytes)


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def vector_tiles(extent: int | None, lanes: int, most: int = 6) -> tuple[int, ...]:
    """Return the choices of points of the vector axis in a tile, at most `most` registers."""
    size = extent or LARGE
    if size < lanes:
        return (size,)
    tiles = {lanes * count for count in range(1, most + 1) if lanes * (count - 1) < size}
    if size % lanes and size <= most * lanes:
        tiles.add(size)
    return tuple(sorted(tiles))


def vector_steps(
    extent: int | None, lanes: int, least: int = 1, period: int = 1
) -> tuple[list[int], int]:
    """Return the choices of points of a loop to vectorize together, and the default.

    The default is four vectors, or fewer where that leaves no remainder, but not under `least`. All
    choices are whole vectors and whole periods.
    """
    unit = lcm(lanes, period)
    most = max(unit, 8 * lanes)
    steps = [
        unit * n
        for n in (1, 2, 4, 8)
        if unit * n <= most and (extent is None or unit * (n - 1) < extent)
    ]
    even = [step for step in steps if extent is not None and extent % step == 0]
    enough = [step for step in even if step >= lanes * least]
    return steps, max(step for step in enough or steps if step <= max(unit, 4 * lanes))


def unroll_tiles(extent: int | None, most: int = 30) -> tuple[int, ...]:
    """Return the choices of points of an unrolled axis in a register tile."""
    size = extent or LARGE
    common = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28}
    divisors = {d for d in range(1, most + 1) if size % d == 0}
    return tuple(sorted(t for t in common | divisors if t <= min(size, most)))


def even_tiles(
    extent: int | None, choices: Sequence[int], default: int
) -> tuple[tuple[int, ...], int]:
    """Return the choices that divide the extent, or all its divisors, and the best default."""
    size = extent or 1
    even = [tile for tile in choices if size % tile == 0]
    even = even or [tile for tile in range(1, max(choices) + 1) if size % tile == 0]
    return tuple(even), max((tile for tile in even if tile <= default), default=even[0])


def block_counts(extent: int | None, least_tile: int) -> tuple[int, ...]:
    """Return the choices of register tiles in a cache block."""
    tiles = ceil_div(extent or LARGE, max(1, least_tile))
    return tuple(count for count in (1, 2, 4, 8, 16, 32, 64) if count == 1 or count <= tiles)


def row_blocks(
    extent: int | None, core: Core, threads: int, uses: int = 1
) -> tuple[tuple[int, ...], int]:
    """Return the choices of points of a row whose sums stay in the caches, and the default.

    By default whole rows have them, a quarter of L2 at most: rows that are read from end to end are
    read fastest. Where `threads` share a row each gets two parts, since one that is held up then
    does less. Each point has `uses` sums of 4 bytes; many of them take shorter parts, whose
    lines are in different sets of L1. Several threads get more parts of these, as even shares: two
    threads multiply 32x1024 by 1024x4096 numbers in 1515 us by parts of 544, in 1367 by 128.
    """
    size = extent or LARGE
    parts = 1 if threads == 1 else 2 * threads
    choices = tuple(core.lanes * count for count in STREAM_VECTORS)
    share = ceil_div(size, parts) if extent else core.lanes * 64
    share = min(share, core.l2_bytes // (16 * uses))
    whole = next((choice for choice in choices if choice >= share), choices[-1])
    if uses > LINES_OF_SET and whole >= SUMS_FLOATS:
        whole = SUMS_FLOATS + 2 * core.lanes if threads == 1 else SUMS_FLOATS // 4
    return tuple(c for c in choices if c < size) or choices[:1], whole


def reduce_steps(extent: int | None) -> tuple[int, ...]:
    """Return the choices of steps of the innermost reduce loop to unroll."""
    if extent is not None and extent <= 8:
        return tuple(step for step in range(1, extent + 1) if extent % step == 0)
    return (1, 2, 4, 8)


def register_tile(
    vector_extent: int | None,
    unroll_extent: int | None,
    core: Core,
    near: bool = False,
    widest: int = LARGE,
    highest: int = LARGE,
) -> tuple[int, int]:
    """Return a tile (vector axis, unrolled axis) of little waste at the tails and much reuse.

    It has at most `widest` points of the vector axis, or a vector of them, and at most `highest`
    of the unrolled axis. Where a part of a vector is left, multiply-adds of two widths share a
    broadcast, which takes a register a row: a tile of 24 x 12 points is partly on the stack, and
    takes 1.1 to 1.7 times as long as one of 24 x 8.

    Along a vector axis of symbolic size beside known rows it has two vectors: 128 rows by 16, 64,
    100 and 2048 columns take 39, 76, 151 and 2695 us so, with four or six 115, 117, 229 and 2748.
    """
    vectors, unrolls = vector_extent or 4096, unroll_extent or 4096
    if vector_extent is None and unroll_extent is not None:
        widest = min(widest, 2 * core.lanes)
    best, chosen = float("inf"), (core.lanes, 1)
    for wide in vector_tiles(vector_extent, core.lanes):
        registers = ceil_div(wide, core.lanes)
        if wide > max(widest, core.lanes):
            break
        for high in unroll_tiles(unroll_extent):
            broadcasts = high if min(wide, vectors) % core.lanes and registers > 1 else 0
            full = registers * high + broadcasts > core.tile_registers or high > highest
            if full or registers * (high + 1) >= core.registers:
                continue
            tiles = ceil_div(vectors, wide) * ceil_div(unrolls, high)
            cycles = tiles * step_cycles(registers, high, near)
            if cycles < best:
                best, chosen = cycles, (wide, high)
    return chosen


def rows_in_l1(step_bytes: int) -> int:
    """Return the rows so far apart of which L1 keeps a line each, while other lines go through.

    Rows of 4 KB are all in one set. A product of 64x1024 and 1024x64 numbers: 157 us with tiles of
    16 rows, 73 with 8; 71 with 16 where rows have 1000 numbers.
    """
    return LINES_OF_SET * (WAY_BYTES // gcd(max(step_bytes, LINE_BYTES), WAY_BYTES))


def second_tile(extent: int | None, registers: int, high: int, core: Core) -> int:
    """Return the points of a second unrolled axis beside a tile of `high` points of the first.

    They are 1 unless `registers` vectors of so many points are too few to hide the latency of
    multiply-adds. A transposed 4x4 convolution of 64 channels to 3 on 32x32 points, whose tiles
    are 48 lanes of a row of 2 phases: 101 us with one row, 72 with two.
    """
    fitting = [
        points
        for points in unroll_tiles(extent, 8)
        if registers * high * points <= core.tile_registers
    ]

    def cycles(points: int) -> float:
        tiles = ceil_div(extent or LARGE, points)
        return tiles * step_cycles(registers, high * points, False)

    return min(fitting, key=cycles) if registers * high < LEAST_SUMS else 1


def step_cycles(registers: int, points: int, near: bool) -> float:
    """Return the cycles of a step of the reduction into a tile of `points` times `registers`.

    They are those of its multiply-adds, two a cycle and at least as many as hide a latency of four
    cycles, and a share of the loads that feed them: the broadcasts come from L1, the vectors from
    beyond L2 at about 24 bytes a cycle, or with `near` from a block in L2. The shares were fitted
    to measured tiles of matmuls and convolutions.
    """
    vector_share, scalar_share = (0.25, 0.25) if near else (0.4 * 64 / 24 + 0.125, 0.125)
    multiply_adds = max(registers * points / 2, 4.0)
    return multiply_adds + scalar_share * points + vector_share * registers
