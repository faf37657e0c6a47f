"""Images in the blocks of an accelerator that multiplies blocks by blocks, and back.

An image (n, c, ...) in blocks is (n / batch, c / block, ..., batch, block). Sums of 32 bits leave
the accelerator as their bytes: (n / batch, c / block, ..., planes, batch, block), low ones first.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from autosched import te
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Kind, Operator, operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT32, dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor

INT8 = dtype("int8")


def packed(x: Array, batch: int, block: int) -> Array:
    """(n, c, ...) in blocks, with zeros up to whole ones."""
    rest = [(0, 0)] * (x.ndim - 2)
    wide = np.pad(x, [(0, -x.shape[0] % batch), (0, -x.shape[1] % block), *rest])
    n, c, *space = wide.shape
    split = wide.reshape(n // batch, batch, c // block, block, *space)
    return np.ascontiguousarray(split.transpose(0, 2, *range(4, split.ndim), 1, 3))


def unpacked(x: Array) -> Array:
    """The image in blocks as (n, c, ...), with what fills its last blocks."""
    n, c, *space, batch, block = x.shape
    order = (0, x.ndim - 2, 1, x.ndim - 1, *range(2, x.ndim - 2))
    return x.transpose(order).reshape(n * batch, c * block, *space)


@operator("fold_columns")
class FoldColumns(Operator):
    """The points of windows along the last axis of `x` (n, c, ...) as channels of (n, c * k, ...).

    `pads` has the counts of `filler` before and after that axis.
    """

    kind: ClassVar[Kind] = "movement"
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    pads: tuple[int, ...] = (0, 0)
    filler: int = 0

    def infer(self, x: TensorType) -> TensorType:
        n, c, *space, width = x.sizes
        return x.with_shape(n, c * self.kernel, *space, self._count(width))

    def evaluate(self, x: Array) -> Array:
        around = [(0, 0)] * (x.ndim - 1) + [(self.pads[0], self.pads[1])]
        wide = np.pad(x, around, constant_values=self.filler)
        last = (self._count(x.shape[-1]) - 1) * self.stride + 1
        starts = (point * self.dilation for point in range(self.kernel))
        points = [wide[..., start : start + last : self.stride] for start in starts]
        split = np.stack(points, axis=2)
        return split.reshape(x.shape[0], x.shape[1] * self.kernel, *split.shape[3:])

    def define(self, x: Tensor) -> Tensor:
        width, (before, after) = extents(x)[-1], self.pads

        def formula(n: Expr, c: Expr, *place: Expr) -> Expr:
            *outer, column = place
            source = column * self.stride + c % self.kernel * self.dilation - before
            read = x(n, c // self.kernel, *outer, source)
            inside = [source >= 0] * (before > 0) + [source < width] * (after > 0)
            filler = te.const(self.filler, x.dtype)
            return te.if_then_else(te.all(*inside), read, filler) if inside else read

        shape = self.infer(TensorType(x.dtype, extents(x))).sizes
        return te.compute(shape, formula, name=self.name)

    def _count(self, width: int) -> int:
        """The windows along the last axis."""
        span = self.dilation * (self.kernel - 1) + 1
        return (width + sum(self.pads) - span) // self.stride + 1


@operator("to_blocks")
class ToBlocks(Operator):
    """`x` (n, c, ...) less `offset` as int8, in blocks of `batch` images and `block` channels.

    `pads` has the counts of `filler`, a number of `x`, before each spatial axis, then those after.
    What fills the last blocks of images and channels is 0.
    """

    kind: ClassVar[Kind] = "movement"
    batch: int = 1
    block: int = 16
    offset: int = 0
    pads: tuple[int, ...] = ()
    filler: int = 0

    def infer(self, x: TensorType) -> TensorType:
        n, c, *space = x.sizes
        before, after = self._around(len(space))
        outer = (-(-n // self.batch), -(-c // self.block))
        wide = (b + s + a for b, s, a in zip(before, space, after, strict=True))
        return TensorType(INT8, (*outer, *wide, self.batch, self.block))

    def evaluate(self, x: Array) -> Array:
        around = zip(*self._around(x.ndim - 2), strict=True)
        wide = np.pad(x, [(0, 0), (0, 0), *around], constant_values=self.filler)
        return packed((wide.astype(np.int32) - self.offset).astype(np.int8), self.batch, self.block)

    def define(self, x: Tensor) -> Tensor:
        n, c, *space = extents(x)
        before, after = self._around(len(space))

        def formula(i: Expr, j: Expr, *place: Expr) -> Expr:
            *outer, b, o = place
            image, channel = i * self.batch + b, j * self.block + o
            sources = [index - skipped for index, skipped in zip(outer, before, strict=True)]
            value = (x(image, channel, *sources).astype("int32") - self.offset).astype("int8")
            inside = []
            for index, extent, skipped, more in zip(outer, space, before, after, strict=True):
                inside += [index >= skipped] * (skipped > 0)
                inside += [index < extent + skipped] * (more > 0)
            if inside:
                filler = te.const(self.filler - self.offset, "int8")
                value = te.if_then_else(te.all(*inside), value, filler)
            whole = [image < n] * (n % self.batch > 0) + [channel < c] * (c % self.block > 0)
            return te.if_then_else(te.all(*whole), value, te.const(0, "int8")) if whole else value

        shape = self.infer(TensorType(x.dtype, extents(x))).sizes
        return te.compute(shape, formula, name=self.name)

    def _around(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        pads = self.pads or (0,) * 2 * rank
        return pads[:rank], pads[rank:]


@operator("from_blocks")
class FromBlocks(Operator):
    """The image (`images`, `channels`, ...) of which `x` are the blocks."""

    kind: ClassVar[Kind] = "movement"
    images: int = 1
    channels: int = 1

    def infer(self, x: TensorType) -> TensorType:
        return x.with_shape(self.images, self.channels, *x.sizes[2:-2])

    def evaluate(self, x: Array) -> Array:
        return unpacked(x)[: self.images, : self.channels]

    def define(self, x: Tensor) -> Tensor:
        _, _, *space, batch, block = extents(x)

        def formula(n: Expr, c: Expr, *place: Expr) -> Expr:
            return x(n // batch, c // block, *place, n % batch, c % block)

        return te.compute((self.images, self.channels, *space), formula, name=self.name)


@operator("from_planes")
class FromPlanes(Operator):
    """The int32 sums (`images`, `channels`, ...) of whose bytes `x` are the blocks, plus `bias`.

    `bias` is int32 and has a number for each channel.
    """

    kind: ClassVar[Kind] = "movement"
    images: int = 1
    channels: int = 1

    def infer(self, x: TensorType, bias: TensorType) -> TensorType:
        return TensorType(INT32, (self.images, self.channels, *x.sizes[2:-3]))

    def evaluate(self, x: Array, bias: Array) -> Array:
        planes = [unpacked(x[..., p, :, :]) for p in range(x.shape[-3])]
        total = planes[-1].astype(np.int32)
        for plane in reversed(planes[:-1]):
            total = (total << 8) + plane.view(np.uint8)
        cut = total[: self.images, : self.channels]
        return cut + bias.reshape(-1, *[1] * (cut.ndim - 2))

    def define(self, x: Tensor, bias: Tensor) -> Tensor:
        _, _, *space, planes, batch, block = extents(x)

        def formula(n: Expr, c: Expr, *place: Expr) -> Expr:
            def byte(plane: int) -> Expr:
                found = x(n // batch, c // block, *place, plane, n % batch, c % block)
                return found.astype("int32")

            total = byte(planes - 1)
            for plane in reversed(range(planes - 1)):
                total = (total << 8) + (byte(plane) & 255)
            return total + bias(c)

        return te.compute((self.images, self.channels, *space), formula, name=self.name)
