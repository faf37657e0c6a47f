"""Transposed convolutions in layout NC and 1 to 3 spatial axes."""

from __future__ import annotations

from collections.abc import Sequence

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ops.checks import (
    Sizes,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
    check_space,
    per_axis,
    static,
)
from autosched.ops.convolution import finished
from autosched.ops.halves import rounded, wide_dtype
from autosched.ops.phases import Phases, extended
from autosched.ops.window import shifted
from autosched.te.tensor import Tensor


def transposed_convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0, relu: bool = False,
    out_dtype: DType | str | None = None, name: str = "conv_transpose",
    dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Apply the transpose of `convolution` with `weight` (ci, co / groups, ...) to `x`.

    A spatial axis of h elements of `x` (n, ci, ...) gets
    `(h - 1) * stride - 2 * padding + dilation * (k - 1) + 1 + output_padding`. `bias` (co), relu
    and `out_dtype` are as in `convolution`.
    """
    space = check_space(x, name, "n, ci")
    check_rank(weight, space + 2, name, "ci, co / groups, then space")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    check_extent(weight.shape[0], x.shape[1], name, f"dimension 0 of {weight.name}")
    sides = _sides(x, weight, stride, padding, output_padding, dilation, name)
    sums = by_phases(x, weight, sides, groups, wide_dtype(x.dtype, out_dtype), name)
    return finished(rounded(sums, x.dtype, out_dtype), bias, relu, name)


def by_phases(
    x: Tensor, weight: Tensor, sides: Sequence[Phases], groups: int, wide: DType, name: str
) -> Tensor:
    """Return the sums of a transposed convolution in `wide`; `sides` are of the spatial axes.

    Phases are computed one by one, then interleaved.
    """
    phases = _phases(x, weight, sides, groups, wide, name)

    def element(b: Expr, co: Expr, *place: Expr) -> Expr:
        found = [side.source(where) for where, side in zip(place, sides, strict=True)]
        value = phases(b, co, *(phase for phase, _ in found), *(row for _, row in found))
        spaced = [(at, side) for at, side in zip(place, sides, strict=True) if side.between > 1]
        if not spaced:
            return value
        reached = te.all(*((side.row(at) % side.between).equal(0) for at, side in spaced))
        return te.if_then_else(reached, value, te.const(0, wide))

    return te.compute(
        (*phases.shape[:2], *(side.output for side in sides)), element,
        name=name, varargs_names=_names("d", "y", "z", len(sides)),
    )  # fmt: skip


def _phases(
    x: Tensor, weight: Tensor, sides: Sequence[Phases], groups: int, wide: DType, name: str
) -> Tensor:
    """Return the sums of each phase, as (n, co, phases of each spatial axis, places of each)."""
    space = len(sides)
    members, per_group = _members(x, groups, name), weight.shape[1]
    image = shifted(
        x,
        [-side.offset for side in sides],
        [side.needed for side in sides],
        te.const(0, x.dtype),
        range(2, x.ndim),
    )
    rc = te.reduce_axis((0, members), name="rc")
    taps = [
        te.reduce_axis((0, side.taps), name=axis)
        for side, axis in zip(sides, _names("rd", "ry", "rx", space), strict=True)
    ]

    def product(b: Expr, co: Expr, *place: Expr) -> Expr:
        channel = co // per_group * members + rc if groups > 1 else rc
        points = [
            phase + (side.taps - 1 - tap) * side.step
            for phase, side, tap in zip(place[:space], sides, taps, strict=True)
        ]
        inside = te.all(*(point < side.kernel for point, side in zip(points, sides, strict=True)))
        value = weight(channel, co % per_group if groups > 1 else co, *points)
        factor = te.if_then_else(inside, value, te.const(0, weight.dtype))
        rows = [
            row + tap * side.spread
            for row, tap, side in zip(place[space:], taps, sides, strict=True)
        ]
        return te.sum(image(b, channel, *rows).astype(wide) * factor.astype(wide), axis=[rc, *taps])

    outer = (x.shape[0], per_group * groups if groups > 1 else per_group)
    return te.compute(
        (*outer, *(side.step for side in sides), *(side.count for side in sides)), product,
        name="phases", varargs_names=(*_names("p", "r", "s", space), *_names("d", "y", "z", space)),
    )  # fmt: skip


def _names(first: str, second: str, third: str, count: int) -> list[str]:
    """The last `count` of three names; more than three begin with `first`, numbered."""
    more = [f"{first}{n}" for n in range(1, count - 2)]
    return [*more, first, second, third][-count:]


def _members(x: Tensor, groups: int, name: str) -> Expr | int:
    """The input channels of a group. Raises ExpressionError where groups do not divide them."""
    if groups == 1:
        return x.shape[1]
    channels = static(x.shape[1], name, "the input channels")
    if groups < 1 or channels % groups:
        raise ExpressionError(
            f"expected groups of {name} to divide {channels} input channels, got {groups}"
        )
    return channels // groups


def _sides(
    x: Tensor,
    weight: Tensor,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    dilation: Sizes,
    name: str,
) -> list[Phases]:
    """Return the phases of each spatial axis. Raises ExpressionError for impossible paddings."""
    rank = x.ndim - 2
    values = zip(
        x.shape[2:],
        weight.shape[2:],
        per_axis(stride, rank, name, "stride", 1),
        per_axis(padding, rank, name, "padding", 0),
        per_axis(output_padding, rank, name, "output_padding", 0),
        per_axis(dilation, rank, name, "dilation", 1),
        strict=True,
    )
    sides = []
    for size, points, by, crop, more, spread in values:
        extent = static(size, name, "the image's extent")
        kernel = static(points, name, "the kernel's extent")
        if more >= max(by, spread):
            raise ExpressionError(
                f"expected an output_padding of {name} below the stride {by} or the dilation "
                f"{spread}, got {more}"
            )
        side = extended(extent, kernel, by, crop, more, spread)
        if side.output < 1:
            raise ExpressionError(
                f"expected a padding of {name} that leaves a part of the result, got "
                f"{crop} on both sides of {side.output + 2 * crop}"
            )
        sides.append(side)
    return sides
