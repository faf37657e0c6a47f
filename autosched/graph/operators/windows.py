"""Windows that move over the spatial axes of an image, NC then space: their extents and padding."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor

Sizes = tuple[int, ...]

MOST_POINTS = 1 << 28
"""Points of a window: a second of work for each of its places."""


class Windows:
    """Windows of `kernel` points over `spatial` extents.

    `pads` has the counts before each axis, then those after. `auto_pad` is "" for those,
    "valid" for none, or "same_upper" or "same_lower" for as many as keep the extents, divided
    by the strides, the odd one after or before. With `ceil` a last window may reach beyond.
    """

    def __init__(
        self,
        spatial: Sizes,
        kernel: Sizes,
        strides: Sizes = (),
        pads: Sizes = (),
        dilations: Sizes = (),
        auto_pad: str = "",
        ceil: bool = False,
    ):
        rank = len(spatial)
        self.spatial, self.kernel = spatial, kernel
        self.strides = strides or (1,) * rank
        self.dilations = dilations or (1,) * rank
        given = (kernel, self.strides, self.dilations, pads or (0,) * 2 * rank)
        if [len(values) for values in given] != [rank, rank, rank, 2 * rank]:
            raise GraphError(
                f"expected a kernel, strides, dilations and pads for {rank} axes, got "
                f"{', '.join(str(list(values)) for values in given)}"
            )
        least = min((*kernel, *self.strides, *self.dilations), default=1)
        if least < 1 or prod(kernel) > MOST_POINTS:
            raise GraphError(
                f"expected windows of 1 to {MOST_POINTS} points, and strides and dilations of 1 or "
                f"more, got {list(kernel)}, {list(self.strides)} and {list(self.dilations)}"
            )
        self.spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, self.dilations, strict=True))
        self.before, self.after = self._pads(pads or (0,) * 2 * rank, auto_pad)
        self.counts = tuple(map(self._count, range(rank), [ceil] * rank))
        if min(self.counts, default=1) < 1:
            raise GraphError(
                f"expected windows of {list(kernel)} that fit into {list(spatial)} and its padding"
            )

    def _pads(self, pads: Sizes, auto_pad: str) -> tuple[Sizes, Sizes]:
        rank = len(self.spatial)
        if auto_pad == "":
            return pads[:rank], pads[rank:]
        if auto_pad == "valid":
            return (0,) * rank, (0,) * rank
        missing = [
            max(0, (-(-n // stride) - 1) * stride + span - n)
            for n, stride, span in zip(self.spatial, self.strides, self.spans, strict=True)
        ]
        small = tuple(count // 2 for count in missing)
        large = tuple(count - count // 2 for count in missing)
        return (small, large) if auto_pad == "same_upper" else (large, small)

    def _count(self, axis: int, ceil: bool) -> int:
        stride = self.strides[axis]
        inside = self.spatial[axis] + self.before[axis] + self.after[axis] - self.spans[axis]
        count = (-(-inside // stride) if ceil else inside // stride) + 1
        if ceil and (count - 1) * stride >= self.spatial[axis] + self.before[axis]:
            count -= 1  # a window has to begin before the padding after the image
        return count

    @property
    def reach(self) -> Sizes:
        """How many points after the image the last windows need along each axis."""
        return tuple(
            max(0, (count - 1) * stride + span - before - n)
            for count, stride, span, before, n in zip(
                self.counts, self.strides, self.spans, self.before, self.spatial, strict=True
            )
        )

    def padded(self, x: Tensor, filler: Expr, channels: int = 0) -> Tensor:
        """`x` with the padding that windows need, in a stage of its own where there is any.

        There are so many `channels` or more; the new ones hold what the padding does.
        """
        batch, known = extents(x)[:2]
        if not any(self.before) and not any(self.reach) and channels <= known:
            return x
        shape = [batch, max(known, channels)]
        for n, before, after in zip(self.spatial, self.before, self.reach, strict=True):
            shape.append(n + before + after)

        def formula(*place: Expr) -> Expr:
            sources, inside = list(place[:2]), [place[1] < known] * (channels > known)
            for index, n, before, after in zip(
                place[2:], self.spatial, self.before, self.reach, strict=True
            ):
                sources.append(index - before)
                inside += [index >= before] * (before > 0) + [index < n + before] * (after > 0)
            return te.if_then_else(te.all(*inside), x(*sources), filler)

        return te.compute(tuple(shape), formula, name="pad")

    def axes(self) -> list[Any]:
        """A reduce axis for each spatial axis of the kernel."""
        return [te.reduce_axis((0, k), name=f"k{axis}") for axis, k in enumerate(self.kernel)]

    def places(self, outer: Sequence[Expr], inner: Sequence[Expr]) -> list[Expr]:
        """The places in the padded image of the window at `outer`, at its point `inner`."""
        return [
            i * stride + k * dilation if stride != 1 or dilation != 1 else i + k
            for i, k, stride, dilation in zip(
                outer, inner, self.strides, self.dilations, strict=True
            )
        ]

    def view(self, x: Array, filler: Any) -> Array:
        """`x` as an array of n, c, places of windows, then points of windows."""
        pads = [(0, 0), (0, 0), *zip(self.before, self.reach, strict=True)]
        wide = np.pad(x, pads, constant_values=filler)
        axes = tuple(range(2, x.ndim))
        view = np.lib.stride_tricks.sliding_window_view(wide, self.spans, axis=axes)
        steps = [slice(None, None, s) for s in self.strides]
        points = [slice(None, None, d) for d in self.dilations]
        view = view[(slice(None), slice(None), *steps, *points)]
        limits = tuple(slice(0, count) for count in self.counts)
        return view[(slice(None), slice(None), *limits)]
