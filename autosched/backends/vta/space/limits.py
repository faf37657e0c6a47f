"""Limits of an accelerator's sketches: the capacity of each memory, and the length of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from autosched.backends.vta.packed.layout import whole
from autosched.backends.vta.schedules.roles import Product
from autosched.backends.vta.space.capacity import CapacityLimit
from autosched.backends.vta.space.extents import OpenExtent, copies, fixed, of_axes, read_by, tiled
from autosched.backends.vta.space.tiling import (
    BLOCK,
    Tiling,
    blocks,
    operand_of,
    stays_small,
    stepped,
)
from autosched.search.space.builder import Number, SketchBuilder
from autosched.te.tensor import ComputeOp, Tensor
from autosched.vta.config import Memory

_VISITS = 256
"""The most steps of all tiles together. More make programs long, slow, and slow to create."""

_SPARE = 4
"""Up to this multiple of the least possible number of steps is always allowed."""

_SUMS = 48
"""The fewest sums in a tile. With fewer, instructions are short and many."""

_SHARE = 8
"""In a small accumulator, one part in this many of its sums are enough: they may need copies."""

_MANY = 1 << 62


@dataclass(eq=False)
class Limiter:
    """Adds the limits of a tiling to a builder; `depths` are the steps of its products."""

    b: SketchBuilder
    tiling: Tiling
    depths: Sequence[Number]

    def __post_init__(self) -> None:
        self.found, self.variant = self.tiling.found, self.tiling.variant
        self.config, self.sizes = self.tiling.config, self.tiling.sizes

    def apply(self) -> None:
        """Leave out tiles that exceed a memory, and tiles that are too small."""
        pairs = list(zip(self.found.products, self.depths, strict=True))
        self.needed = self.on_chip()
        self.capacity(Memory.ACC, self.sums())
        self.capacity(Memory.INP, [self.operand(each, "data", depth) for each, depth in pairs])
        self.capacity(Memory.WGT, [self.operand(each, "weights", depth) for each, depth in pairs])
        numbers = [(number, 1) for number in (*self.tiling.tiles, *self.depths)]
        self.b.limit(numbers, _MANY, self.least())
        # The GEMM core takes a nest of few sums tap by tap.
        some = self.config.depth(Memory.ACC) // _SHARE
        least = max(1, min(_SUMS, prod(self.sizes) // _SPARE, some))
        self.b.limit([(number, 1) for number in self.tiling.tiles], _MANY, least)

    def capacity(self, memory: Memory, buffers: Sequence[Sequence[OpenExtent]]) -> None:
        """Add the limit that the buffers fit the memory together."""
        extents = tuple(tuple(extent.decided() for extent in buffer) for buffer in buffers)
        self.b.limits.append(CapacityLimit(extents, self.config.depth(memory)))

    def least(self) -> int:
        """Return the least product of tile extents and steps that keeps programs short."""
        axes = map(stepped, self.found.products)
        steps = prod(whole(axis.extent) for axis in axes if axis is not None)
        points = prod(self.sizes)
        needed = -(-points // self.config.depth(Memory.ACC)) * steps
        return points * steps // max(_VISITS, _SPARE * needed)

    def on_chip(self) -> dict[Tensor, list[OpenExtent]]:
        """Return the extents that a tile of the output needs of each tensor on the chip."""
        needed = {self.found.out: list(map(tiled, self.sizes, self.tiling.tiles))}
        for consumer in (self.found.out, *reversed(self.found.alu)):
            op = consumer.op
            assert isinstance(op, ComputeOp)
            extents = of_axes(op, needed[consumer])
            for tensor in op.input_tensors:
                if tensor not in needed:
                    needed[tensor] = read_by(op, extents, tensor, BLOCK)
        return needed

    def sums(self) -> list[list[OpenExtent]]:
        """Return the extents of the buffers in the accumulator."""
        doubled = [fixed(2)] * ("sums" in self.variant.doubled)
        own = [*map(copies, self.tiling.threads.values()), *doubled]
        needed = self.needed
        buffers = []
        for consumer in (self.found.out, *reversed(self.found.alu)):
            assert isinstance(consumer.op, ComputeOp)
            if consumer.op.reduce_axis:
                buffers.append([*needed[consumer], *own])
        buffers += [[*needed[each.sums], *own] for each in self.found.products]
        for tensor, _ in self.found.loaded:
            if stays_small(tensor, self.config):
                buffers.append([fixed(blocks(tensor))])
            else:
                # Threads share what is the same for all of them, such as a bias.
                buffers.append([*needed[tensor], *(doubled if self.found.products else own)])
        return buffers

    def operand(self, each: Product, name: str, depth: Number) -> list[OpenExtent]:
        """Return the extents of the buffer of an operand."""
        op = each.sums.op
        assert isinstance(op, ComputeOp)
        stays = name == self.variant.resident
        places = self.tiling.places(name)
        threads = {n: number for n, number in self.tiling.threads.items() if n in places}
        needed = self.needed[each.sums]
        if stays:
            needed = [
                tiled(size, tile, *([threads[n]] if n in threads else []))
                for n, (size, tile) in enumerate(zip(self.sizes, self.tiling.tiles, strict=True))
            ]
        extents = of_axes(op, needed)
        step = stepped(each)
        if not stays and step is not None:
            extents[step] = tiled(whole(step.extent), depth)
        tensor = operand_of(each, name)
        assert tensor is not None
        result = read_by(op, extents, tensor, BLOCK)
        if name == "data" and each.padded:
            # A copy of the data ends where the data do; padding goes on under a tile's end.
            sizes = map(whole, each.data.shape)
            result = [
                replace(extent, most=min(extent.most, size) if self.variant.skips else _MANY)
                for extent, size in zip(result, sizes, strict=False)
            ]
        if not stays:
            result += map(copies, threads.values())
        return [*result, *[fixed(2)] * (name in self.variant.doubled)]
