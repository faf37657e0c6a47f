"""Limits of an accelerator's sketches: what has room, and what is no program without end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from autosched.backends.vta.schedules.roles import Product
from autosched.backends.vta.space.capacity import CapacityLimit
from autosched.backends.vta.space.extents import (
    OpenExtent,
    copies,
    fixed,
    of_axes,
    read_by,
    tiled,
    whole,
)
from autosched.backends.vta.space.tiling import (
    BLOCK,
    Tiling,
    blocks,
    operand_of,
    stays_small,
    stepped,
)
from autosched.search.space.builder import Number, SketchBuilder
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Tensor
from autosched.vta.config import Memory

_VISITS = 256
"""Steps of all tiles together; with more, programs are long, slow, and slow to make."""

_SPARE = 4
"""How many times the least number of steps is tried all the same."""

_SUMS = 48
"""Sums in a tile; with fewer, instructions are short and many."""

_SHARE = 8
"""Where sums are few, one part in this many of them are enough: each of them may need copies."""

_MANY = 1 << 62


class Limiter:
    """Adds the limits of a tiling to a builder; `depths` are the steps of its products."""

    def __init__(self, builder: SketchBuilder, tiling: Tiling, depths: Sequence[Number]):
        self.b = builder
        self.tiling = tiling
        self.variant = tiling.variant
        self.found = tiling.found
        self.config = tiling.config
        self.depths = depths
        self.sizes = tiling.sizes

    def apply(self) -> None:
        """Leave out what has no room, and tiles too small."""
        pairs = list(zip(self.found.products, self.depths, strict=True))
        self.forms = self.on_chip()
        self.room(Memory.ACC, self.sums())
        self.room(Memory.INP, [self.operand(each, "data", depth) for each, depth in pairs])
        self.room(Memory.WGT, [self.operand(each, "weights", depth) for each, depth in pairs])
        numbers = [(number, 1) for number in (*self.tiling.tiles, *self.depths)]
        self.b.limit(numbers, _MANY, self.least())
        # The GEMM core takes a nest of few sums tap by tap.
        some = self.config.depth(Memory.ACC) // _SHARE
        least = max(1, min(_SUMS, prod(self.sizes) // _SPARE, some))
        self.b.limit([(number, 1) for number in self.tiling.tiles], _MANY, least)

    def room(self, memory: Memory, buffers: Sequence[Sequence[OpenExtent]]) -> None:
        extents = tuple(tuple(form.extent() for form in buffer) for buffer in buffers)
        self.b.limits.append(CapacityLimit(extents, self.config.depth(memory)))

    def least(self) -> int:
        """The least product of the tile's extents and the steps that keeps programs short."""
        axes = map(stepped, self.found.products)
        steps = prod(whole(axis.extent) for axis in axes if axis is not None)
        points = prod(self.sizes)
        needed = -(-points // self.config.depth(Memory.ACC)) * steps
        return points * steps // max(_VISITS, _SPARE * needed)

    def on_chip(self) -> dict[Tensor, list[OpenExtent]]:
        """What a tile of the output takes of every tensor that the ALU or the output reads."""
        forms = {self.found.out: list(map(tiled, self.sizes, self.tiling.tiles))}
        for consumer in (self.found.out, *reversed(self.found.alu)):
            op = consumer.op
            assert isinstance(op, ComputeOp)
            extents = of_axes(op, forms[consumer])
            for tensor in op.input_tensors:
                if tensor not in forms:
                    forms[tensor] = read_by(op, extents, tensor, BLOCK)
        return forms

    def sums(self) -> list[list[OpenExtent]]:
        """The buffers of sums."""
        doubled = [fixed(2)] * ("sums" in self.variant.doubled)
        own = [*map(copies, self.tiling.threads.values()), *doubled]
        forms = self.forms
        buffers = []
        for consumer in (self.found.out, *reversed(self.found.alu)):
            assert isinstance(consumer.op, ComputeOp)
            if consumer.op.reduce_axis:
                buffers.append([*forms[consumer], *own])
        buffers += [[*forms[each.sums], *own] for each in self.found.products]
        for tensor, _ in self.found.loaded:
            if stays_small(tensor, self.config):
                buffers.append([fixed(blocks(tensor))])
            else:
                # Threads share what is the same for all of them, such as a bias.
                buffers.append([*forms[tensor], *(doubled if self.found.products else own)])
        return buffers

    def operand(self, each: Product, name: str, depth: Number) -> list[OpenExtent]:
        """The buffer of an operand."""
        op = each.sums.op
        assert isinstance(op, ComputeOp)
        stays = name == self.variant.resident
        places = self.tiling.places(name)
        threads = {n: number for n, number in self.tiling.threads.items() if n in places}
        forms = self.forms[each.sums]
        if stays:
            forms = [
                tiled(size, tile, *([threads[n]] if n in threads else []))
                for n, (size, tile) in enumerate(zip(self.sizes, self.tiling.tiles, strict=True))
            ]
        extents = of_axes(op, forms)
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
                replace(form, most=min(form.most, size) if self.variant.skips else _MANY)
                for form, size in zip(result, sizes, strict=False)
            ]
        if not stays:
            result += map(copies, threads.values())
        return [*result, *[fixed(2)] * (name in self.variant.doubled)]
