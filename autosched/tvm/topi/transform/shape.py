"""Shapes and orders of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops import movement
from autosched.ops.checks import check_extent
from autosched.te.tensor import Tensor
from autosched.tvm.topi.tag import INJECTIVE
from autosched.tvm.topi.utils import axes_of, get_const_int, get_const_tuple, normalized


def moved(shape: Sequence[Any], element: Any, name: str) -> Tensor:
    """Return the tensor that has the element of another tensor at each place."""
    result: Tensor = te.compute(tuple(shape), element, name=f"T_{name}", tag=INJECTIVE)
    return result


def flat_index(place: Sequence[Expr], shape: Sequence[Expr]) -> Expr:
    """Return the position of a place in the elements of `shape` in order."""
    flat: Expr = te.const(0, "int64")
    for i, extent in zip(place, shape, strict=True):
        flat = flat * extent + i
    return flat


def unflattened(flat: Expr, shape: Sequence[Expr]) -> list[Expr]:
    """Return the place in `shape` of a position in its elements in order."""
    place = []
    for extent in reversed(shape[1:]):
        place.append(flat % extent)
        flat = flat // extent
    return [*([flat] if shape else []), *reversed(place)]


def transpose(a: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """`a` with its axes in another order, by default reversed."""
    order = None if axes is None else [normalized(axis, a.ndim, "transpose") for axis in axes]
    return movement.transpose(a, order, "T_transpose")


def reshape(a: Tensor, newshape: Sequence[Any]) -> Tensor:
    """The elements of `a` in order in another shape; one extent may be -1 for what is left."""
    given = get_const_tuple(newshape if isinstance(newshape, Sequence) else (newshape,))
    if -1 in given:
        total = math.prod(get_const_tuple(a.shape))
        left = total // max(1, math.prod(extent for extent in given if extent != -1))
        given = tuple(left if extent == -1 else extent for extent in given)
    shape = te.placeholder(given, a.dtype).shape
    extents = get_const_tuple(a.shape), get_const_tuple(shape)
    known = all(isinstance(extent, int) for each in extents for extent in each)
    if known and math.prod(extents[0]) != math.prod(extents[1]):
        raise ExpressionError(f"expected {math.prod(extents[0])} elements to reshape, got {given}")
    return moved(shape, lambda *i: a(*unflattened(flat_index(i, shape), a.shape)), "reshape")


def flattened(a: Tensor) -> Tensor:
    """The elements in order along one axis."""
    return reshape(a, (-1,))


def expand_dims(a: Tensor, axis: int, num_newaxis: int = 1) -> Tensor:
    """`a` with new axes of extent 1 before `axis`."""
    at = normalized(axis, a.ndim + 1, "expand_dims")
    shape = (*a.shape[:at], *(1,) * num_newaxis, *a.shape[at:])
    return moved(shape, lambda *i: a(*i[:at], *i[at + num_newaxis :]), "expand_dims")


def squeeze(a: Tensor, axis: int | Sequence[int] | None = None) -> Tensor:
    """`a` without these axes of extent 1, by default all such axes."""
    ones = [at for at, extent in enumerate(get_const_tuple(a.shape)) if extent == 1]
    dropped = ones if axis is None else axes_of(axis, a.ndim, "squeeze")
    kept = [at for at in range(a.ndim) if at not in dropped]

    def element(*i: Expr) -> Expr:
        at = dict(zip(kept, i, strict=True))
        return a(*(at.get(axis, te.const(0, "int64")) for axis in range(a.ndim)))

    return moved([a.shape[at] for at in kept], element, "squeeze")


def concatenate(a_tuple: Sequence[Tensor], axis: int = 0) -> Tensor:
    """The tensors one after the other along `axis`."""
    at = normalized(axis, a_tuple[0].ndim, "concatenate")
    return movement.concat(a_tuple, at, "T_concat")


def stack(a: Sequence[Tensor], axis: int = 0) -> Tensor:
    """The tensors one after the other along a new axis."""
    at = normalized(axis, a[0].ndim + 1, "stack")
    return concatenate([expand_dims(each, at) for each in a], at)


def flip(a: Tensor, axis: int = 0) -> Tensor:
    """`a` in the reverse order along `axis`."""
    at = normalized(axis, a.ndim, "flip")
    return moved(a.shape, lambda *i: a(*i[:at], a.shape[at] - 1 - i[at], *i[at + 1 :]), "flip")


def repeat(a: Tensor, repeats: int, axis: int) -> Tensor:
    """`a` with each element `repeats` times along `axis`."""
    at = normalized(axis, a.ndim, "repeat")
    shape = (*a.shape[:at], a.shape[at] * repeats, *a.shape[at + 1 :])
    return moved(shape, lambda *i: a(*i[:at], i[at] // repeats, *i[at + 1 :]), "repeat")


def tile(a: Tensor, reps: Sequence[int]) -> Tensor:
    """`a` repeated as a whole along each axis, as in `numpy.tile`."""
    rank = max(a.ndim, len(reps))
    counts = [1] * (rank - len(reps)) + [get_const_int(count) for count in reps]
    missing = rank - a.ndim
    extents = [*(te.const(1, "int64") for _ in range(missing)), *a.shape]
    shape = [extent * count for extent, count in zip(extents, counts, strict=True)]
    return moved(
        shape,
        lambda *i: a(*(at % extent for at, extent in zip(i[missing:], a.shape, strict=True))),
        "tile",
    )


def expand_like(a: Tensor, shape_like: Tensor, axis: int | Sequence[int]) -> Tensor:
    """`a` repeated along new axes to the shape of another tensor, which has them at `axis`."""
    new = axes_of(axis, shape_like.ndim, "expand_like")
    if len(new) == shape_like.ndim:  # of a scalar, which TVM gives one axis
        return moved(shape_like.shape, lambda *i: a(*(0,) * a.ndim), "expand_like")
    kept = [at for at in range(shape_like.ndim) if at not in new]
    if len(kept) != a.ndim:
        raise ExpressionError(
            f"expected {shape_like.ndim - a.ndim} new axes for expand_like, got {len(new)}"
        )
    return moved(shape_like.shape, lambda *i: a(*(i[at] for at in kept)), "expand_like")


def reverse_sequence(
    a: Tensor, seq_lengths: Tensor, seq_axis: int = 1, batch_axis: int = 0
) -> Tensor:
    """`a` with its first elements along `seq_axis` reversed, as many as `seq_lengths` says.

    There is a length for each place along `batch_axis`.
    """
    time = normalized(seq_axis, a.ndim, "reverse_sequence")
    batch = normalized(batch_axis, a.ndim, "reverse_sequence")
    extent = a.shape[time]
    check_extent(seq_lengths.shape[0], a.shape[batch], "reverse_sequence", "the lengths")

    def element(*i: Expr) -> Expr:
        length = te.minimum(seq_lengths(i[batch]).astype("int64"), extent)
        mirrored = te.if_then_else(i[time] < length, length - 1 - i[time], i[time])
        return a(*i[:time], te.clip(mirrored, 0, extent - 1), *i[time + 1 :])

    return moved(a.shape, element, "reverse_sequence")


def sliding_window(
    data: Tensor, axis: int, window_shape: Sequence[int], strides: Sequence[int]
) -> Tensor:
    """The windows over the axes from `axis` on; the axes of a window come last."""
    at = normalized(axis, data.ndim, "sliding_window")
    if len(window_shape) != data.ndim - at or len(strides) != data.ndim - at:
        raise ExpressionError(
            f"expected windows and strides of {data.ndim - at} axes, got "
            f"{list(window_shape)} and {list(strides)}"
        )
    counts = [
        (extent - size) // step + 1
        for extent, size, step in zip(data.shape[at:], window_shape, strides, strict=True)
    ]

    def element(*i: Expr) -> Expr:
        first, inner = i[at : data.ndim], i[data.ndim :]
        return data(*i[:at], *(f * s + w for f, s, w in zip(first, strides, inner, strict=True)))

    shape = (*data.shape[:at], *counts, *(te.const(size, "int64") for size in window_shape))
    return moved(shape, element, "sliding_window")
