"""The effect of tiles on a default schedule: the weights of a step, the program's length."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autosched.backends.vta.schedules.roles import Product, Roles
from autosched.errors import LoweringError
from autosched.ir.expr import Const
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp

MOST_INSTRUCTIONS = 1 << 20
"""The most instructions, by estimate: a longer program takes seconds to lower and simulate."""


def extent(axis: Axis) -> int:
    """Return the extent of an axis. Raises LoweringError if it is not constant."""
    if not isinstance(axis.extent, Const):
        raise LoweringError(f"expected constant extents on the accelerator, got {axis.extent}")
    return int(axis.extent.value)


def weights_of_a_step(product: Product, tiles: Sequence[int], depth: int, tapwise: bool) -> int:
    """Return the blocks of weights of a reduction step: `depth` of its first axis, or a tap."""
    _, step = _split(product, depth, tapwise)
    return prod(tiles[place] for place in product.chosen_by) * prod(step)


def instructions(
    found: Roles, tiles: Sequence[int], depth: int, *, tapwise: bool = False, skips: bool = True
) -> int:
    """Estimate the number of instructions of the program, without micro-ops.

    With `skips`, padding is left out of the products; else it is zeros on the chip.
    """
    extents = [extent(axis) for axis in found.out.op.axis[:-2]]
    count = prod(-(-size // tile) for size, tile in zip(extents, tiles, strict=True))
    each = 1 + len(found.loaded) + len(found.alu)
    for product in found.products:
        steps, step = _split(product, depth, tapwise)
        each += steps * (2 + (_gemms(step[-2:], tiles[-2:]) if product.padded and skips else 1))
    return count * each


def _split(product: Product, depth: int, tapwise: bool) -> tuple[int, list[int]]:
    """Return how many steps a reduction takes, and the extents of one step."""
    assert isinstance(product.sums.op, ComputeOp)
    sizes = [extent(axis) for axis in product.sums.op.reduce_axis[:-1]]
    if not sizes:
        return 1, [1]
    first = next((n for n, size in enumerate(sizes) if size > 1), 0)
    step = [1] * len(sizes) if tapwise else list(sizes)
    step[first] = min(depth, sizes[first])
    return prod(-(-size // one) for size, one in zip(sizes, step, strict=True)), step


def _gemms(window: Sequence[int], tile: Sequence[int]) -> int:
    """Return the GEMMs of a step that leaves padding out: one for each tap.

    If the window is larger than the tile, each of the tile's sums has its own GEMMs.
    """
    is_larger = all(taps > size for taps, size in zip(window, tile, strict=False))
    return prod(window) * (prod(tile) if is_larger else 1)
