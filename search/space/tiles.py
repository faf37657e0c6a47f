"""Tile sizes: which values a decision tries, and which is good without measuring."""

from __future__ import annotations

VECTOR_REGISTERS = 32
"""Vector registers of AVX-512."""

REGISTERS = 28
"""Vector registers a register tile may fill; the rest hold operands."""

LARGE = 1 << 30
"""Stands for an extent that is not known."""


PACKED_BLOCK = 512 << 10
"""Bytes of a packed block that stay in L2 beside what streams through it."""

FAR = 1 << 20
"""Bytes of an operand beyond which it comes from further than L2."""

PREFETCH_STEPS = (0, 1, 2, 4, 8, 16)
"""Steps of the outermost reduce loop after which what is fetched now is read."""

REDUCE_BLOCKS = (128, 256, 512)
"""Steps of a reduction after which partial sums go back to memory."""


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def vector_tiles(extent: int | None, lanes: int, most: int = 6) -> tuple[int, ...]:
    """Points of the vector axis in a register tile: one to `most` registers, or what there is."""
    size = extent or LARGE
    tiles = {lanes * count for count in range(1, most + 1) if lanes * (count - 1) < size}
    tiles = {min(tile, ceil_div(size, lanes) * lanes) for tile in tiles}
    if size < lanes:
        tiles = {size}
    if size % lanes and size <= most * lanes:
        tiles.add(size)
    return tuple(sorted(tiles))


def unroll_tiles(extent: int | None, most: int = 30) -> tuple[int, ...]:
    """Points of an unrolled axis in a register tile."""
    size = extent or LARGE
    common = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28}
    divisors = {d for d in range(1, most + 1) if size % d == 0}
    return tuple(sorted(t for t in common | divisors if t <= min(size, most)))


def block_counts(extent: int | None, least_tile: int) -> tuple[int, ...]:
    """Register tiles in a cache block."""
    tiles = ceil_div(extent or LARGE, max(1, least_tile))
    return tuple(count for count in (1, 2, 4, 8, 16, 32, 64) if count == 1 or count <= tiles)


def reduce_steps(extent: int | None) -> tuple[int, ...]:
    """How many steps of the innermost reduce loop are written out."""
    if extent is not None and extent <= 8:
        return tuple(step for step in range(1, extent + 1) if extent % step == 0)
    return (1, 2, 4, 8)


def register_tile(
    vector_extent: int | None, unroll_extent: int | None, lanes: int, near: bool = False
) -> tuple[int, int]:
    """A tile (vector axis, unrolled axis) that wastes little at the tails and reuses much.

    A step of the reduction takes its multiply-adds, two a cycle and at least as many as hide
    a latency of four cycles, and in part what the loads that feed them take: the broadcasts
    from L1, and the vectors from beyond L2 at about 24 bytes a cycle, or with `near` from a
    block in L2. The shares were fitted to measured tiles of matmuls and convolutions.
    """
    vector_share = 0.4 * 64 / 24 + 0.125 if not near else 0.25
    scalar_share = 0.125 if not near else 0.25
    vectors, unrolls = vector_extent or 4096, unroll_extent or 4096
    best, chosen = float("inf"), (lanes, 1)
    for wide in vector_tiles(vector_extent, lanes):
        registers = ceil_div(wide, lanes)
        for high in unroll_tiles(unroll_extent):
            if registers * high > REGISTERS or registers * (high + 1) >= VECTOR_REGISTERS:
                continue
            tiles = ceil_div(vectors, wide) * ceil_div(unrolls, high)
            multiply_adds = max(registers * high / 2, 4.0)
            cycles = multiply_adds + scalar_share * high + vector_share * registers
            if tiles * cycles < best:
                best, chosen = tiles * cycles, (wide, high)
    return chosen
