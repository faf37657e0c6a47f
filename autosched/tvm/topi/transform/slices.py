"""Parts of tensors along some axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Const, Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.shape import moved
from autosched.tvm.topi.utils import get_const_int, normalized


def split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """The parts of a tensor along `axis`: so many equal ones, or those between the indices."""
    at = normalized(axis, ary.ndim, "split")
    extent = get_const_int(ary.shape[at])
    if isinstance(indices_or_sections, (int, Const)):
        count = get_const_int(indices_or_sections)
        if count < 1 or extent % count:
            raise ExpressionError(f"expected a count that divides {extent} for split, got {count}")
        cuts = list(range(0, extent, extent // count))
    else:
        cuts = [0, *(get_const_int(each) for each in indices_or_sections)]
    return [
        strided_slice(ary, [start], [end], axes=[at])
        for start, end in zip(cuts, [*cuts[1:], extent], strict=True)
    ]


def strided_slice(
    a: Tensor, begin: Any, end: Any, strides: Any = None,
    axes: Sequence[int] | None = None, slice_mode: str = "end",
) -> Tensor:  # fmt: skip
    """The elements from `begin` to `end` by `strides` along the axes, as slices in Python.

    With `slice_mode="size"` the ends are counts; -1 is all that is left. Numbers in tensors make
    a `dynamic_strided_slice`.
    """
    if isinstance(begin, Tensor):
        return dynamic_strided_slice(a, begin, end, strides)
    over = list(range(len(begin))) if axes is None else list(axes)
    steps = [1] * a.ndim if strides is None else [get_const_int(step) for step in strides]
    firsts, jumps, shape = [0] * a.ndim, [1] * a.ndim, list(a.shape)
    for place, axis in enumerate(over):
        at = normalized(axis, a.ndim, "strided_slice")
        extent = get_const_int(a.shape[at])
        start = begin[place] if place < len(begin) else None
        stop = end[place] if place < len(end) else None
        step = steps[place] if place < len(steps) else 1
        first = None if start is None else get_const_int(start)
        last = None if stop is None else get_const_int(stop)
        if slice_mode == "size":
            step, first = 1, first or 0
            last = extent if last in (None, -1) else first + last
        taken = range(extent)[slice(first, last, step)]
        firsts[at], jumps[at], shape[at] = taken.start, step, te.const(len(taken), "int64")

    def element(*i: Expr) -> Expr:
        return a(*(at * by + first for at, by, first in zip(i, jumps, firsts, strict=True)))

    return moved(shape, element, "strided_slice")


def dynamic_strided_slice(
    a: Tensor, begin: Tensor, end: Tensor, strides: Tensor,
    output_shape: Sequence[Any] | None = None,
) -> Tensor:  # fmt: skip
    """The elements of a slice whose numbers are in tensors, one for each of the first axes.

    Without `output_shape` the extents are those of the output that a call is given; `end` has no
    effect. Places outside of `a` give the nearest element.
    """
    count = get_const_int(begin.shape[0])
    unknown = [te.var(f"sliced{axis}") for axis in range(count)]
    shape = (*unknown, *a.shape[count:]) if output_shape is None else tuple(output_shape)

    def element(*i: Expr) -> Expr:
        place = list(i)
        for axis, extent in enumerate(a.shape[:count]):
            first = te.clip(_from_front(begin(axis), extent), 0, extent - 1)
            here = first + i[axis] * strides(axis).astype("int64")
            place[axis] = te.clip(here, 0, extent - 1)
        return a(*place)

    return moved(shape, element, "dynamic_strided_slice")


def strided_set(
    a: Tensor, v: Tensor, begin: Tensor, end: Tensor, strides: Tensor | None = None
) -> Tensor:
    """`a` with the elements of `v` in a slice, whose numbers are in tensors.

    Axes without a number are taken whole, by steps of 1.
    """

    def number(values: Tensor | None, axis: int, default: Expr) -> Expr:
        if values is None or axis >= get_const_int(values.shape[0]):
            return default
        return values(axis).astype("int64")

    def along(i: Expr, axis: int) -> tuple[Expr, Expr]:
        """Return whether a place is in the slice, and its number there."""
        extent, one = a.shape[axis], te.const(1, "int64")
        step = number(strides, axis, one)
        forward = step > 0
        least, most = te.if_then_else(forward, 0, -1), te.if_then_else(forward, extent, extent - 1)
        first, last = (
            te.clip(_from_front(number(given, axis, default), extent), least, most)
            for given, default in ((begin, te.const(0, "int64")), (end, extent))
        )
        ahead = te.if_then_else(forward, i - first, first - i)
        span = te.if_then_else(forward, last - first, first - last)
        size = te.maximum(te.abs(step), 1)
        inside = te.all(ahead >= 0, ahead < span, ahead % size == 0)
        return inside, te.clip(ahead // size, 0, v.shape[axis] - 1)

    def element(*i: Expr) -> Expr:
        found = [along(each, axis) for axis, each in enumerate(i)]
        inside = te.all(*(here for here, _ in found))
        return te.if_then_else(inside, v(*(place for _, place in found)), a(*i))

    return moved(a.shape, element, "strided_set")


def _from_front(index: Expr, extent: Expr) -> Expr:
    """Return an index that may count from the end as one from the start."""
    wide = index.astype("int64")
    return te.if_then_else(wide < 0, wide + extent, wide)
