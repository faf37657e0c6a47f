"""Operators of int8 on images in blocks, each a program of an accelerator.

Weights (co, ci, ...) are (co / block, ci / block, ..., block, block). Sums are int32; most
operators divide them by a power of two, round to even and keep the result within bounds. `eye` is a
block of weights with one power of two, or 1, on its diagonal: by it small integers are widened.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched import te
from autosched.graph.operators.blocks import packed, unpacked
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Operator, attributes, operator
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT32
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor

LEAST, MOST = -128, 127


class InBlocks(Operator):
    """An operator on images in blocks, which an accelerator computes."""


@attributes
class Dividing(InBlocks):
    """An operator whose sums over 2**`shift`, rounded to even, are kept from `low` to `high`."""

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

        Shifts round down, so half rounds to the nearest, and up in the middle of two numbers. If
        that gives an odd number, 1 is taken away first: in the middle the even one is left, and
        nowhere else does it matter. The last bit, shifted up and down again, is 0 or -1.
        """
        shape, shift = raised.shape, self.shift
        if not shift:
            return self.stored(raised)
        odd = te.compute(shape, lambda *i: (raised(*i) << (31 - shift)) >> 31, name="odd")
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
class ConvBlocks(Dividing):
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
        sums = _sums(x, weight, self._windows(extents(x), extents(weight)))
        raised = te.compute(
            sums.shape,
            lambda n, c, *place: sums(n, c, *place) + bias(c, *place[-2:]),
            name="raised",
        )
        return self.requantized(raised)

    def _windows(self, shape: tuple[int, ...], kernel: tuple[int, ...]) -> Windows:
        return Windows(shape[2:-2], kernel[2:-2], self.strides, self.pads, self.dilations)


@operator("sum_blocks")
class SumBlocks(InBlocks):
    """The sums of a convolution such as that of `conv_blocks`, as their bytes, the low ones first.

    The accelerator stores the low bytes alone. `amounts` are int32 (planes, batch, block), the bits
    by which the sums are shifted down before: 0, 8, 16 and 24.
    """

    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()

    def infer(self, x: TensorType, weight: TensorType, amounts: TensorType) -> TensorType:
        counts = self._windows(x.sizes, weight.sizes).counts
        planes = amounts.sizes[0]
        return x.with_shape(x.sizes[0], weight.sizes[0], *counts, planes, *x.sizes[-2:])

    def evaluate(self, x: Array, weight: Array, amounts: Array) -> Array:
        conv = Conv(self.strides, self.pads, self.dilations, out_dtype=INT32)
        sums = conv.evaluate(unpacked(x), unpacked(weight))
        planes = ((sums >> amount).astype(np.int8) for amount in amounts[:, 0, 0])
        return np.stack([packed(each, x.shape[-2], weight.shape[-2]) for each in planes], axis=-3)

    def define(self, x: Tensor, weight: Tensor, amounts: Tensor) -> Tensor:
        sums = _sums(x, weight, self._windows(extents(x), extents(weight)))
        *outer, batch, block = extents(sums)
        shape = (*outer, extents(amounts)[0], batch, block)

        def shifted(*place: Expr) -> Expr:
            *where, plane, b, o = place
            return sums(*where, b, o) >> amounts(plane, b, o)

        planes = te.compute(shape, shifted, name="planes")
        return te.compute(shape, lambda *i: planes(*i).astype("int8"), name="out")

    def _windows(self, shape: tuple[int, ...], kernel: tuple[int, ...]) -> Windows:
        return Windows(shape[2:-2], kernel[2:-2], self.strides, self.pads, self.dilations)


@operator("add_blocks")
class AddBlocks(Dividing):
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
class MaxPoolBlocks(Dividing):
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

    def _windows(self, shape: tuple[int, ...]) -> Windows:
        return Windows(shape[2:-2], self.kernel, self.strides, self.pads, self.dilations)


def _sums(x: Tensor, weight: Tensor, windows: Windows) -> Tensor:
    """The int32 sums of a convolution of `x` in blocks, padded with zeros."""
    images, inputs, *_, batch, block = extents(x)
    image, inner = _padded(x, windows), windows.axes()
    rc, k = te.reduce_axis((0, inputs), name="rc"), te.reduce_axis((0, block), name="k")

    def product(n: Expr, c: Expr, *place: Expr) -> Expr:
        *outer, b, o = place
        factors = image(n, rc, *windows.places(outer, inner), b, k), weight(c, rc, *inner, o, k)
        return te.sum(_product(*factors), axis=[rc, *inner, k])

    shape = (images, extents(weight)[0], *windows.counts, batch, extents(weight)[-2])
    return te.compute(shape, product, name="sums")


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
