"""Convolutions in layout NC and any number of spatial axes."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Kind, Operator, operator
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ops.phases import Phases
from autosched.ops.transposed_convolution import by_phases
from autosched.target.dot_products import GROUP
from autosched.te.tensor import Tensor


@operator("conv")
class Conv(Operator):
    """The convolution of `x` (n, ci, ...) with `weight` (co, ci / groups, ...), plus `bias` (co).

    `pads` has the counts of `filler` before each spatial axis, then those after; `auto_pad` is
    as in `Windows`. `out_dtype` is what is multiplied and summed in, by default that of `x`.
    """

    kind: ClassVar[Kind] = "contraction"
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()
    groups: int = 1
    auto_pad: str = ""
    filler: int = 0
    out_dtype: DType | None = None

    def infer(
        self, x: TensorType, weight: TensorType, bias: TensorType | None = None
    ) -> TensorType:
        if x.rank < 3 or weight.rank != x.rank:
            raise GraphError(
                f"expected an image and weights of one rank for conv, got {x} and {weight}"
            )
        channels, filters = x.sizes[1], weight.sizes[0]
        if channels != weight.sizes[1] * self.groups or filters % self.groups:
            raise GraphError(
                f"expected weights for {channels} channels in {self.groups} groups, got {weight}"
            )
        windows = self.windows(x.sizes, weight.sizes)
        return TensorType(self.out_dtype or x.dtype, (x.sizes[0], filters, *windows.counts))

    def evaluate(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        windows = self.windows(x.shape, weight.shape)
        kind = x.dtype if self.out_dtype is None else self.out_dtype.numpy
        wide = np.dtype(np.float32) if kind == np.float16 else kind
        view, weight = windows.view(x.astype(wide), self.filler), weight.astype(wide)
        n, space = x.shape[0], prod(windows.counts)
        rank = len(windows.counts)
        order = (0, *range(2, 2 + rank), 1, *range(2 + rank, 2 + 2 * rank))
        columns = view.transpose(order).reshape(n, space, self.groups, prod(weight.shape[1:]))
        filters = weight.reshape(self.groups, weight.shape[0] // self.groups, -1)
        found = np.einsum("nsgk,gfk->ngfs", columns, filters, optimize=True)
        found = found.reshape(n, weight.shape[0], *windows.counts)
        return (found if bias is None else found + bias.reshape(-1, *[1] * rank)).astype(kind)

    def define(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        shape, kernel = extents(x), extents(weight)
        windows = self.windows(shape, kernel)
        wide = self.out_dtype or x.dtype
        count = kernel[1]
        is_small = x.dtype.is_integer and wide.bytes > x.dtype.bytes
        if is_small and self.groups == 1 and count % GROUP and count > 1:
            count += -count % GROUP  # instructions multiply groups of small integers at once
            weight = _with_channels(weight, count)
        channels = count if self.groups == 1 else shape[1]
        image = windows.padded(x, te.const(self.filler, x.dtype), channels)
        channel = te.reduce_axis((0, count), name="rc")
        inner = windows.axes()
        per_group = kernel[0] // self.groups

        def formula(b: Expr, co: Expr, *outer: Expr) -> Expr:
            source: Any = channel
            if self.groups > 1:
                source = co // per_group * kernel[1] + (channel if kernel[1] > 1 else 0)
            places = windows.places(outer, inner)
            factors = image(b, source, *places), weight(co, channel, *inner)
            product = factors[0].astype(wide) * factors[1].astype(wide)
            return te.sum(product, axis=[channel, *inner])

        total = (shape[0], kernel[0], *windows.counts)
        made = te.compute(total, formula, name="conv")
        if bias is None:
            return made
        return te.compute(total, lambda b, co, *s: made(b, co, *s) + bias(co), name="bias_add")

    def windows(self, shape: tuple[int, ...], kernel: tuple[int, ...]) -> Windows:
        return Windows(
            shape[2:], kernel[2:], self.strides, self.pads, self.dilations, self.auto_pad
        )


def _with_channels(weight: Tensor, count: int) -> Tensor:
    """The weights with zeros for channels that the image gets from its padding."""
    shape = extents(weight)

    def formula(co: Expr, c: Expr, *inner: Expr) -> Expr:
        return te.if_then_else(c < shape[1], weight(co, c, *inner), te.const(0, weight.dtype))

    return te.compute((shape[0], count, *shape[2:]), formula, name="weight_pad")


@operator("conv_transpose")
class ConvTranspose(Operator):
    """The transposed convolution of `x` (n, ci, ...) with `weight` (ci, co / groups, ...).

    Its spatial extents are `(n - 1) * stride + span - pads + output_padding`, or
    `output_shape`, to which the padding is then fitted, as `auto_pad` shares it.
    """

    kind: ClassVar[Kind] = "contraction"
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()
    groups: int = 1
    auto_pad: str = ""
    output_padding: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()

    def infer(
        self, x: TensorType, weight: TensorType, bias: TensorType | None = None
    ) -> TensorType:
        if x.rank < 3 or weight.rank != x.rank or x.sizes[1] != weight.sizes[0]:
            raise GraphError(f"expected weights of {x} for conv_transpose, got {weight}")
        counts, _ = self.placed(x.sizes, weight.sizes)
        return x.with_shape(x.sizes[0], weight.sizes[1] * self.groups, *counts)

    def evaluate(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        counts, before = self.placed(x.shape, weight.shape)
        rank, kernel = x.ndim - 2, weight.shape[2:]
        strides, dilations = self.strides or (1,) * rank, self.dilations or (1,) * rank
        groups, per_group = self.groups, weight.shape[1]
        inputs = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
        filters = weight.reshape(groups, -1, per_group, *kernel)
        full = [
            max((n - 1) * s + d * (k - 1) + 1, count + b)
            for n, s, d, k, count, b in zip(
                x.shape[2:], strides, dilations, kernel, counts, before, strict=True
            )
        ]
        total = np.zeros((x.shape[0], groups, per_group, *full), x.dtype)
        for point in np.ndindex(*kernel):
            part = np.einsum("ngc...,gcf->ngf...", inputs, filters[(..., *point)])
            where = tuple(
                slice(p * d, p * d + (n - 1) * s + 1, s)
                for p, d, n, s in zip(point, dilations, x.shape[2:], strides, strict=True)
            )
            total[(slice(None),) * 3 + where] += part
        cut = tuple(slice(b, b + count) for b, count in zip(before, counts, strict=True))
        found = total[(slice(None),) * 3 + cut].reshape(x.shape[0], groups * per_group, *counts)
        return found if bias is None else found + bias.reshape(-1, *[1] * rank)

    def define(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        sides = self.phases(extents(x), extents(weight))
        made = by_phases(x, weight, sides, self.groups, x.dtype, "conv_transpose")
        if bias is None:
            return made
        return te.compute(made.shape, lambda b, co, *s: made(b, co, *s) + bias(co), name="bias_add")

    def phases(self, shape: tuple[int, ...], kernel: tuple[int, ...]) -> list[Phases]:
        """The phases of each spatial axis."""
        counts, cut = self.placed(shape, kernel)
        rank = len(counts)
        strides, dilations = self.strides or (1,) * rank, self.dilations or (1,) * rank
        sizes = zip(shape[2:], kernel[2:], strides, cut, counts, dilations, strict=True)
        return [Phases(*each) for each in sizes]

    def placed(
        self, shape: tuple[int, ...], kernel: tuple[int, ...]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The spatial extents of the result, and how many points are cut off before them."""
        rank = len(shape) - 2
        strides, dilations = self.strides or (1,) * rank, self.dilations or (1,) * rank
        more, pads = self.output_padding or (0,) * rank, self.pads or (0,) * 2 * rank
        counts, before = [], []
        for axis in range(rank):
            span = dilations[axis] * (kernel[2 + axis] - 1) + 1
            full = (shape[2 + axis] - 1) * strides[axis] + span + more[axis]
            if self.output_shape:
                counts.append(self.output_shape[axis])
            elif self.auto_pad.startswith("same"):
                counts.append(shape[2 + axis] * strides[axis])
            else:
                counts.append(full - pads[axis] - pads[rank + axis])
                before.append(pads[axis])
                continue
            cut = full - counts[-1]
            before.append(cut // 2 if self.auto_pad == "same_upper" else cut - cut // 2)
        if min(counts, default=1) < 1:
            raise GraphError(f"expected a result of conv_transpose that has elements, got {counts}")
        return tuple(counts), tuple(before)
