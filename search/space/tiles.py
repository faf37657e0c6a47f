"""Tile sizes: the choices of each decision, and the defaults.

An extent of None is symbolic.
"""

from __future__ import annotations

from dataclasses import dataclass

from autosched.target.dot_products import DotProduct, dot_products
from autosched.target.target import MOST_VECTOR_REGISTERS, Target

REGISTERS = 28
"""Vector registers that a register tile may fill; the others hold operands."""

LARGE = 1 << 30
"""Replaces an extent that is not known."""

PREFETCH_STEPS = (0, 1, 2, 4, 8, 16)
"""How many steps of the outermost reduce loop before its use an operand is fetched."""

REDUCE_BLOCKS = (128, 256, 512)
"""Steps of a reduction after which partial sums go back to memory."""


@dataclass(frozen=True, slots=True)
class Core:
    """The elements of a vector of a core, the bytes of its L2 cache, its dot products.

    `tolerance` is that of the target.
    """

    lanes: int
    l2_bytes: int
    dots: tuple[DotProduct, ...] = ()
    tolerance: float = 0.0

    @classmethod
    def of(cls, target: Target, bits: int) -> Core:
        """Return the core of a target for elements of so many bits."""
        lanes, dots = target.vector_bits // bits, dot_products(target)
        return cls(lanes, target.l2_bytes, dots, target.tolerance)

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


def vector_steps(extent: int | None, lanes: int) -> tuple[list[int], int]:
    """Return the choices of points of a loop to vectorize together, and the default.

    The default is four vectors, or fewer where that leaves no remainder.
    """
    steps = [lanes * n for n in (1, 2, 4, 8) if extent is None or lanes * (n - 1) < extent]
    even = [step for step in steps if extent is not None and extent % step == 0]
    return steps, max(step for step in even or steps if step <= 4 * lanes)


def unroll_tiles(extent: int | None, most: int = 30) -> tuple[int, ...]:
    """Return the choices of points of an unrolled axis in a register tile."""
    size = extent or LARGE
    common = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28}
    divisors = {d for d in range(1, most + 1) if size % d == 0}
    return tuple(sorted(t for t in common | divisors if t <= min(size, most)))


def block_counts(extent: int | None, least_tile: int) -> tuple[int, ...]:
    """Return the choices of register tiles in a cache block."""
    tiles = ceil_div(extent or LARGE, max(1, least_tile))
    return tuple(count for count in (1, 2, 4, 8, 16, 32, 64) if count == 1 or count <= tiles)


def reduce_steps(extent: int | None) -> tuple[int, ...]:
    """Return the choices of steps of the innermost reduce loop to unroll."""
    if extent is not None and extent <= 8:
        return tuple(step for step in range(1, extent + 1) if extent % step == 0)
    return (1, 2, 4, 8)


def register_tile(
    vector_extent: int | None, unroll_extent: int | None, lanes: int, near: bool = False
) -> tuple[int, int]:
    """Return a tile (vector axis, unrolled axis) of little waste at the tails and much reuse.

    A step of the reduction costs its multiply-adds, two a cycle and at least as many as hide a
    latency of four cycles, and a share of the loads that feed them: the broadcasts come from L1,
    the vectors from beyond L2 at about 24 bytes a cycle, or with `near` from a block in L2. The
    shares were fitted to measured tiles of matmuls and convolutions.
    """
    vector_share, scalar_share = (0.25, 0.25) if near else (0.4 * 64 / 24 + 0.125, 0.125)
    vectors, unrolls = vector_extent or 4096, unroll_extent or 4096
    best, chosen = float("inf"), (lanes, 1)
    for wide in vector_tiles(vector_extent, lanes):
        registers = ceil_div(wide, lanes)
        for high in unroll_tiles(unroll_extent):
            if registers * high > REGISTERS or registers * (high + 1) >= MOST_VECTOR_REGISTERS:
                continue
            tiles = ceil_div(vectors, wide) * ceil_div(unrolls, high)
            multiply_adds = max(registers * high / 2, 4.0)
            cycles = multiply_adds + scalar_share * high + vector_share * registers
            if tiles * cycles < best:
                best, chosen = tiles * cycles, (wide, high)
    return chosen
