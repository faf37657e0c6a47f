"""Operators that write the elements of windows back to their places in an image."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, ClassVar

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, operator
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType


@operator("max_unpool")
class MaxUnpool(Operator):
    """The inverse of a max pooling: each element of `x` at its place in `places`, 0 elsewhere.

    A place is a flat index into the pooling's input; the smallest shape of that input follows
    from the window. With `shape`, the result is padded with zeros at the end of each axis.
    """

    static: ClassVar = frozenset({"shape"})
    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()

    def infer(self, x: TensorType, places: TensorType, shape: Array | None = None) -> TensorType:
        if places.shape != x.shape or x.rank != len(self.kernel) + 2:
            raise GraphError(f"expected a place for each element of {x}, got {places}")
        least = self._least(x.sizes)
        if shape is None:
            return x.with_shape(*least)
        wanted = tuple(int(n) for n in np.ravel(shape))
        if len(wanted) != x.rank or any(n < m for n, m in zip(wanted, least, strict=True)):
            raise GraphError(f"expected a shape of at least {list(least)}, got {list(wanted)}")
        return x.with_shape(*wanted)

    def evaluate(self, x: Array, places: Array, shape: Array | None = None) -> Array:
        least = self._least(x.shape)
        flat = np.zeros(prod(least), x.dtype)
        flat[places.ravel()] = x.ravel()
        found = flat.reshape(least)
        if shape is None:
            return found
        wanted = [int(n) for n in np.ravel(shape)]
        return np.pad(found, [(0, n - m) for n, m in zip(wanted, least, strict=True)])

    def _least(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        rank = len(self.kernel)
        strides, pads = self.strides or (1,) * rank, self.pads or (0,) * (2 * rank)
        spatial = (
            (shape[2 + a] - 1) * strides[a] - pads[a] - pads[a + rank] + self.kernel[a]
            for a in range(rank)
        )
        return (*shape[:2], *spatial)


@operator("col2im")
class Col2Im(Operator):
    """Add the blocks of `x` to an image, each at its place; blocks may overlap.

    `x` is `[batch, channels * elements of a block, blocks]`, `image` the shape of the image and
    `block` that of a block. The result is `[batch, channels, *image]`.
    """

    static: ClassVar = frozenset({"image", "block"})
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()

    def infer(self, x: TensorType, image: Array, block: Array) -> TensorType:
        size, counts = prod(_numbers(block)), self._windows(image, block).counts
        if x.rank != 3 or x.sizes[1] % size or x.sizes[2] != prod(counts):
            raise GraphError(
                f"expected {prod(counts)} blocks of {size} elements for {self.name}, got {x}"
            )
        return x.with_shape(x.shape[0], x.sizes[1] // size, *_numbers(image))

    def evaluate(self, x: Array, image: Array, block: Array) -> Array:
        windows = self._windows(image, block)
        blocks = x.reshape(len(x), -1, *windows.kernel, *windows.counts)
        sides = list(zip(windows.spatial, windows.before, windows.after, strict=True))
        found = np.zeros((*blocks.shape[:2], *(n + sum(pad) for n, *pad in sides)), x.dtype)
        for offset in product(*map(range, windows.kernel)):
            of: Any = (slice(None), slice(None), *offset)
            to: Any = (
                Ellipsis,
                *map(_every, offset, windows.dilations, windows.strides, windows.counts),
            )
            found[to] += blocks[of]
        inner: Any = (Ellipsis, *(slice(before, before + n) for n, before, _ in sides))
        return np.asarray(found[inner])

    def _windows(self, image: Array, block: Array) -> Windows:
        return Windows(_numbers(image), _numbers(block), self.strides, self.pads, self.dilations)


def _numbers(given: Array) -> tuple[int, ...]:
    return tuple(int(n) for n in np.ravel(given))


def _every(place: int, dilation: int, stride: int, count: int) -> slice:
    """Return the slice of an axis that selects the element number `place` of each window."""
    first = place * dilation
    return slice(first, first + (count - 1) * stride + 1, stride)
