"""Windows put back where they came from."""

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
    """The elements of a max pooling at the places they came from, which `places` has; else 0.

    The places count the elements of the pooling's input, whose least shape follows from the
    window. With `shape`, the result is that large, and zero at the ends of its axes.
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
    """The sum of blocks `[batch, channels * elements, blocks]` at their places in an image.

    `image` is the image's shape, `block` a block's; the result is `[batch, channels, *image]`.
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
    """Where the points number `place` of all windows along an axis are."""
    first = place * dilation
    return slice(first, first + (count - 1) * stride + 1, stride)
