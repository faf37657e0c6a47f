"""Images of int8 in blocks, the layout of an accelerator that multiplies blocks by blocks.

An image (n, c, ...) in blocks is (n / batch, c / block, ..., batch, block); weights (co, ci, ...)
are (co / block, ci / block, ..., block, block). Sums are int32, divided by a power of two, rounded
to even, and kept within bounds. `eye` is a block of weights with one power of two, or 1, on its
diagonal: by it the accelerator widens small integers.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Kind, Operator, attributes, operator
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT32
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor

LEAST, MOST = -128, 127
Sizes = tuple[int, ...]


def packed(x: Array, batch: int, block: int) -> Array:
    """(n, c, ...) in blocks, with zeros up to whole ones."""
    wide = np.pad(x, [(0, -x.shape[0] % batch), (0, -x.shape[1] % block)] + [(0, 0)] * (x.ndim - 2))
    n, c, *space = wide.shape
    split = wide.reshape(n // batch, batch, c // block, block, *space)
    return np.ascontiguousarray(split.transpose(0, 2, *range(4, split.ndim), 1, 3))


def unpacked(x: Array) -> Array:
    """The image in blocks as (n, c, ...), with what pads it."""
    n, c, *space, batch, block = x.shape
    order = (0, x.ndim - 2, 1, x.ndim - 1, *range(2, x.ndim - 2))
    return x.transpose(order).reshape(n * batch, c * block, *space)


@operator("to_blocks")
class ToBlocks(Operator):
    """`x` (n, c, ...) in blocks of `batch` images and `block` channels, padded with zeros."""

    kind: ClassVar[Kind] = "movement"
    batch: int = 1
    block: int = 16

    def infer(self, x: TensorType) -> TensorType:
        n, c, *space = x.sizes
        outer = (-(-n // self.batch), -(-c // self.block))
        return x.with_shape(*outer, *space, self.batch, self.block)

    def evaluate(self, x: Array) -> Array:
        return packed(x, self.batch, self.block)

    def define(self, x: Tensor) -> Tensor:
        n, c, *_ = extents(x)
        shape = self.infer(TensorType(x.dtype, extents(x))).sizes

        def formula(i: Expr, j: Expr, *place: Expr) -> Expr:
            *space, b, o = place
            image, channel = i * self.batch + b, j * self.block + o
            inside = [image < n] * (n % self.batch > 0) + [channel < c] * (c % self.block > 0)
            value = x(image, channel, *space)
            if not inside:
                return value
            return te.if_then_else(te.all(*inside), value, te.const(0, x.dtype))

        return te.compute(shape, formula, name=self.name)


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


@attributes
class InBlocks(Operator):
    """An operator of images in blocks.

    Its sums over 2**`shift`, rounded to even, are kept from `low` to `high`.
    """

    shift: int = 0
    low: int = LEAST
    high: int = MOST

    @property
    def half(self) -> int:
        """Half of what sums are divided by."""
        return 1 << self.shift >> 1

    def rounded(self, sums: Array) -> Array:
        """Sums as int8."""
        steps = np.rint(sums / 2.0**self.shift)
        return np.clip(steps, self.low, self.high).astype(np.int8)

    def requantized(self, raised: Tensor) -> Tensor:
        """Sums, to which half was added, as int8.

        Shifts round down. Where the last bit of the result would be 0 without half, 1 is taken
        away first: what lies in the middle of two numbers becomes the even one. That bit, turned
        round, is the same of the sum with another half; shifted up and down again it is 0 or -1.
        """
        shape, shift = raised.shape, self.shift
        if not shift:
            return self.stored(raised)
        odd = te.compute(
            shape, lambda *i: ((raised(*i) + self.half) << (31 - shift)) >> 31, name="odd"
        )
        return self.stored(
            te.compute(shape, lambda *i: (raised(*i) + odd(*i)) >> shift, name="steps")
        )

    def stored(self, steps: Tensor) -> Tensor:
        """Integers, kept within the bounds, as int8."""
        kept = te.compute(
            steps.shape, lambda *i: te.clip(steps(*i), self.low, self.high), name="kept"
        )
        return te.compute(steps.shape, lambda *i: kept(*i).astype("int8"), name="out")


@operator("conv_blocks")
class ConvBlocks(InBlocks):
    """The convolution of an image in blocks, padded with zeros; without space, a product.

    `bias` is int32 (co / block, batch, block), with half of 2**`shift` added to each number.
    """

    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()

    def infer(self, x: TensorType, weight: TensorType, bias: TensorType) -> TensorType:
        windows = self._windows(x.sizes, weight.sizes)
        return x.with_shape(x.sizes[0], weight.sizes[0], *windows.counts, *x.sizes[-2:])

    def evaluate(self, x: Array, weight: Array, bias: Array) -> Array:
        conv = Conv(self.strides, self.pads, self.dilations, out_dtype=INT32)
        sums = conv.evaluate(unpacked(x), unpacked(weight), bias[:, 0].reshape(-1) - self.half)
        return packed(self.rounded(sums), x.shape[-2], weight.shape[-2])

    def define(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        images, inputs, *_, batch, block = extents(x)
        windows = self._windows(extents(x), extents(weight))
        image, inner = _padded(x, windows), windows.axes()
        rc, k = te.reduce_axis((0, inputs), name="rc"), te.reduce_axis((0, block), name="k")
        shape = (images, extents(weight)[0], *windows.counts, batch, extents(weight)[-2])

        def product(n: Expr, c: Expr, *place: Expr) -> Expr:
            *outer, b, o = place
            factors = image(n, rc, *windows.places(outer, inner), b, k), weight(c, rc, *inner, o, k)
            return te.sum(_product(*factors), axis=[rc, *inner, k])

        sums = te.compute(shape, product, name="sums")
        raised = te.compute(
            shape, lambda n, c, *place: sums(n, c, *place) + bias(c, *place[-2:]), name="raised"
        )
        return self.requantized(raised)

    def _windows(self, shape: Sizes, kernel: Sizes) -> Windows:
        return Windows(shape[2:-2], kernel[2:-2], self.strides, self.pads, self.dilations)


@operator("add_blocks")
class AddBlocks(InBlocks):
    """The sum of two images in blocks, each times the number on the diagonal of its eye."""

    def infer(self, a: TensorType, a_eye: TensorType, b: TensorType, b_eye: TensorType) -> Any:
        return a

    def evaluate(self, a: Array, a_eye: Array, b: Array, b_eye: Array) -> Array:
        left, right = (x.astype(np.int32) * eye[0, 0] for x, eye in ((a, a_eye), (b, b_eye)))
        return self.rounded(left + right)

    def define(self, a: Tensor, a_eye: Tensor, b: Tensor, b_eye: Tensor) -> Tensor:
        left, right = _widened(a, a_eye), _widened(b, b_eye)
        raised = te.compute(a.shape, lambda *i: left(*i) + right(*i) + self.half, name="raised")
        return self.requantized(raised)


@operator("max_pool_blocks")
class MaxPoolBlocks(InBlocks):
    """The greatest of each window of an image in blocks, whose padding is zeros."""

    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()

    def infer(self, x: TensorType, eye: TensorType) -> TensorType:
        return x.with_shape(*x.sizes[:2], *self._windows(x.sizes).counts, *x.sizes[-2:])

    def evaluate(self, x: Array, eye: Array) -> Array:
        windows = self._windows(x.shape)
        rank = len(windows.counts)
        found = windows.view(unpacked(x), 0).max(axis=tuple(range(-rank, 0)), initial=LEAST)
        return packed(self.rounded(found), *x.shape[-2:])

    def define(self, x: Tensor, eye: Tensor) -> Tensor:
        windows = self._windows(extents(x))
        wide, inner = _widened(_padded(x, windows), eye), windows.axes()
        shape = (*extents(x)[:2], *windows.counts, *extents(x)[-2:])

        def greatest(n: Expr, c: Expr, *place: Expr) -> Expr:
            *outer, b, o = place
            value = wide(n, c, *windows.places(outer, inner), b, o)
            return te.max(value, axis=inner, init=LEAST)

        return self.stored(te.compute(shape, greatest, name="greatest"))

    def _windows(self, shape: Sizes) -> Windows:
        return Windows(shape[2:-2], self.kernel, self.strides, self.pads, self.dilations)


def _product(value: Expr, factor: Expr) -> Expr:
    return value.astype("int32") * factor.astype("int32")


def _widened(x: Tensor, eye: Tensor) -> Tensor:
    """`x` in blocks as int32, times what is on the diagonal of `eye`."""
    k = te.reduce_axis((0, extents(x)[-1]), name="k")

    def product(*place: Expr) -> Expr:
        *outer, o = place
        return te.sum(_product(x(*outer, k), eye(o, k)), axis=k)

    return te.compute(x.shape, product, name="wide")


def _padded(x: Tensor, windows: Windows) -> Tensor:
    """`x` in blocks with the zeros around it that windows read."""
    shape = extents(x)
    space = [
        before + n + after
        for n, before, after in zip(windows.spatial, windows.before, windows.reach, strict=True)
    ]
    if tuple(space) == windows.spatial:
        return x

    def formula(n: Expr, c: Expr, *place: Expr) -> Expr:
        *outer, b, o = place
        sources, inside = [], []
        for index, extent, before, after in zip(
            outer, windows.spatial, windows.before, windows.reach, strict=True
        ):
            sources.append(index - before)
            inside += [index >= before] * (before > 0) + [index < extent + before] * (after > 0)
        return te.if_then_else(te.all(*inside), x(n, c, *sources, b, o), te.const(0, x.dtype))

    return te.compute((*shape[:2], *space, *shape[-2:]), formula, name="pad")
