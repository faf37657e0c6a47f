"""Operators that keep elements in their order, or deal parts of axes out anew."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.movement import Movement
from autosched.graph.operators.operator import Array, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


class Reshaping(Movement):
    """An operator that keeps the elements in their order: `target` says the new shape."""

    def target(self, shape: tuple[int, ...], *static: Any) -> tuple[int, ...]:
        raise NotImplementedError

    def infer(self, x: TensorType, *static: Any) -> TensorType:
        return x.with_shape(*self.target(x.sizes, *static))

    def evaluate(self, x: Array, *static: Any) -> Array:
        return x.reshape(self.target(x.shape, *static))

    def define(self, x: Tensor, *static: Any) -> Tensor:
        return reshaped(x, self.target(extents(x), *static), self.name)


def reshaped(x: Tensor, shape: Sequence[int], name: str) -> Tensor:
    """The elements of `x` in their order in another shape; equal parts of both stay axes."""
    old = extents(x)
    groups = _groups(old, tuple(shape))

    def formula(*place: Expr) -> Expr:
        indices: list[Expr] = []
        for of_old, of_new in groups:
            flat: Any = 0
            for axis in of_new:
                flat = flat * shape[axis] + place[axis]
            indices += _unflattened(flat, [old[axis] for axis in of_old])
        return x(*indices)

    return te.compute(tuple(shape), formula, name=name)


def _groups(old: tuple[int, ...], new: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """The least runs of axes of `old` and of `new` that have as many elements as each other."""
    groups: list[tuple[list[int], list[int]]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    while left or right:
        a, b = [left.pop(0)] if left else [], [right.pop(0)] if right else []
        while prod(old[i] for i in a) != prod(new[i] for i in b):
            if prod(old[i] for i in a) < prod(new[i] for i in b) or not right:
                a.append(left.pop(0))
            else:
                b.append(right.pop(0))
        groups.append((a, b))
    return groups


def _unflattened(flat: Any, shape: Sequence[int]) -> list[Any]:
    indices: list[Any] = []
    for place, extent in reversed(list(enumerate(shape))):
        if extent == 1:
            indices.append(0)
            continue
        is_first = prod(shape[:place]) == 1
        indices.append(flat if is_first else flat % extent)
        flat = flat // extent
    return indices[::-1]


@operator("reshape")
class Reshape(Reshaping):
    """`x` in the shape of the array `shape`: -1 is what is left, 0 the extent of `x` there,
    unless `allow_zero`."""

    static: ClassVar = frozenset({"shape"})
    allow_zero: bool = False

    def target(self, shape: tuple[int, ...], *static: Any) -> tuple[int, ...]:
        wanted = [int(size) for size in np.ravel(static[0])]
        if not self.allow_zero:
            if any(size == 0 and axis >= len(shape) for axis, size in enumerate(wanted)):
                raise GraphError(f"expected a shape for {list(shape)}, got {wanted}")
            wanted = [shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
        total, known = prod(shape), prod(size for size in wanted if size != -1)
        if -1 in wanted and known:
            wanted = [total // known if size == -1 else size for size in wanted]
        if prod(wanted) != total or min(wanted, default=0) < 0:
            raise GraphError(
                f"expected a shape of {total} elements for {list(shape)}, got {wanted}"
            )
        return tuple(wanted)

    def evaluate(self, x: Array, shape: Array) -> Array:
        return x.reshape(self.target(x.shape, shape))


@operator("reshape_like")
class ReshapeLike(Movement):
    """`x` in the shape of `like`, which has as many elements."""

    def infer(self, x: TensorType, like: TensorType) -> TensorType:
        if x.elements != like.elements:
            raise GraphError(f"expected as many elements as {like}, got {x}")
        return x.with_shape(*like.shape)

    def evaluate(self, x: Array, like: Array) -> Array:
        return x.reshape(like.shape)

    def define(self, x: Tensor, like: Tensor) -> Tensor:
        return reshaped(x, extents(like), self.name)


@operator("flatten")
class Flatten(Reshaping):
    """A matrix whose rows are the axes before `axis`."""

    axis: int = 1

    def target(self, shape: tuple[int, ...], *static: Any) -> tuple[int, ...]:
        axis = self.axis + len(shape) if self.axis < 0 else self.axis
        return prod(shape[:axis]), prod(shape[axis:])

    def evaluate(self, x: Array) -> Array:
        return x.reshape(self.target(x.shape))


@operator("squeeze")
class Squeeze(Reshaping):
    """`x` without the given axes of extent 1, or all of them."""

    static: ClassVar = frozenset({"axes"})

    def target(self, shape: tuple[int, ...], *static: Any) -> tuple[int, ...]:
        axes = static[0] if static else None
        if axes is None:
            return tuple(size for size in shape if size != 1)
        dropped = {normalized(int(axis), len(shape), self.name) for axis in np.ravel(axes)}
        if any(shape[axis] != 1 for axis in dropped):
            raise GraphError(f"expected axes of extent 1 to squeeze, got {axes} of {list(shape)}")
        return tuple(size for axis, size in enumerate(shape) if axis not in dropped)

    def evaluate(self, x: Array, axes: Array | None = None) -> Array:
        return x.reshape(self.target(x.shape, axes))


@operator("unsqueeze")
class Unsqueeze(Reshaping):
    """`x` with axes of extent 1 put in, counted in the result."""

    static: ClassVar = frozenset({"axes"})

    def target(self, shape: tuple[int, ...], *static: Any) -> tuple[int, ...]:
        rank = len(shape) + np.size(static[0])
        new = {normalized(int(axis), rank, self.name) for axis in np.ravel(static[0])}
        old = iter(shape)
        return tuple(1 if axis in new else next(old) for axis in range(rank))

    def evaluate(self, x: Array, axes: Array) -> Array:
        return x.reshape(self.target(x.shape, axes))


@operator("depth_to_space")
class DepthToSpace(Movement):
    """Blocks of channels as blocks of `size` x `size` points, NCHW.

    The channels are the blocks' rows, columns, then the new channels, or with `channels_first`
    the new channels before the blocks' rows and columns.
    """

    size: int = 2
    channels_first: bool = False

    def infer(self, x: TensorType) -> TensorType:
        n, c, h, w = x.sizes
        if c % self.size**2:
            raise GraphError(f"expected channels in blocks of {self.size**2}, got {x}")
        return x.with_shape(n, c // self.size**2, h * self.size, w * self.size)

    def evaluate(self, x: Array) -> Array:
        (n, c, h, w), b = x.shape, self.size
        if self.channels_first:
            blocks = x.reshape(n, c // b**2, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
        else:
            blocks = x.reshape(n, b, b, c // b**2, h, w).transpose(0, 3, 4, 1, 5, 2)
        return blocks.reshape(n, c // b**2, h * b, w * b)

    def define(self, x: Tensor) -> Tensor:
        (n, c, h, w), b = extents(x), self.size
        new = c // b**2

        def formula(i: Expr, ch: Expr, y: Expr, z: Expr) -> Expr:
            row, column = y % b, z % b
            if self.channels_first:
                source = ch * (b * b) + row * b + column
            else:
                source = (row * b + column) * new + ch
            return x(i, source, y // b, z // b)

        return te.compute((n, new, h * b, w * b), formula, name=self.name)


@operator("space_to_depth")
class SpaceToDepth(Movement):
    """Blocks of `size` x `size` points as channels: rows, columns, then the old ones; NCHW.

    With `channels_first` the old channels come before the rows and columns.
    """

    size: int = 2
    channels_first: bool = False

    def infer(self, x: TensorType) -> TensorType:
        n, c, h, w = x.sizes
        if h % self.size or w % self.size:
            raise GraphError(f"expected rows and columns in blocks of {self.size}, got {x}")
        return x.with_shape(n, c * self.size**2, h // self.size, w // self.size)

    def evaluate(self, x: Array) -> Array:
        (n, c, h, w), b = x.shape, self.size
        order = (0, 1, 3, 5, 2, 4) if self.channels_first else (0, 3, 5, 1, 2, 4)
        blocks = x.reshape(n, c, h // b, b, w // b, b).transpose(order)
        return blocks.reshape(n, c * b * b, h // b, w // b)

    def define(self, x: Tensor) -> Tensor:
        (n, c, h, w), b = extents(x), self.size

        def formula(i: Expr, ch: Expr, y: Expr, z: Expr) -> Expr:
            if self.channels_first:
                return x(i, ch // (b * b), y * b + ch // b % b, z * b + ch % b)
            return x(i, ch % c, y * b + ch // c // b, z * b + ch // c % b)

        return te.compute((n, c * b * b, h // b, w // b), formula, name=self.name)
