"""Transposed convolutions in layout NC and 1 to 3 spatial axes."""

from __future__ import annotations

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
from autosched.ops.phases import Phases
from autosched.ops.window import places, shifted
from autosched.te.tensor import Tensor


def transposed_convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0, relu: bool = False,
    out_dtype: DType | str | None = None, name: str = "conv_transpose",
) -> Tensor:  # fmt: skip
    """Apply the transpose of `convolution` with `weight` (ci, co, ...) to `x` (n, ci, ...).

    A spatial axis of h elements gets `(h - 1) * stride - 2 * padding + k + output_padding`.
    Each phase (see `autosched.ops.phases`) is computed separately, and the phases are
    interleaved. `bias` (co), relu and `out_dtype` are as in `convolution`.
    """
    space = check_space(x, name, "n, ci")
    check_rank(weight, space + 2, name, "ci, co, then space")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    check_extent(weight.shape[0], x.shape[1], name, f"dimension 0 of {weight.name}")
    wide = wide_dtype(x.dtype, out_dtype)
    sides = _sides(x, weight, stride, padding, output_padding, name)
    image = shifted(
        x,
        [-side.offset for side in sides],
        [side.count + side.taps - 1 for side in sides],
        te.const(0, x.dtype),
        range(2, x.ndim),
    )
    rc = te.reduce_axis((0, x.shape[1]), name="rc")
    taps = [
        te.reduce_axis((0, side.taps), name=axis)
        for side, axis in zip(sides, ("rd", "ry", "rx")[-space:], strict=True)
    ]

    def product(b: Expr, co: Expr, *place: Expr) -> Expr:
        points = [
            phase + (side.taps - 1 - tap) * side.stride
            for phase, side, tap in zip(place[:space], sides, taps, strict=True)
        ]
        inside = te.all(*(point < side.kernel for point, side in zip(points, sides, strict=True)))
        factor = te.if_then_else(inside, weight(rc, co, *points), te.const(0, weight.dtype))
        source = [where + tap for where, tap in zip(place[space:], taps, strict=True)]
        return te.sum(image(b, rc, *source).astype(wide) * factor.astype(wide), axis=[rc, *taps])

    shape = (x.shape[0], weight.shape[1])
    phases = te.compute(
        (*shape, *(side.stride for side in sides), *(side.count for side in sides)),
        product, name="phases", varargs_names=(*("p", "r", "s")[-space:], *places(space)),
    )  # fmt: skip

    def interleaved(b: Expr, co: Expr, *place: Expr) -> Expr:
        full = [where + side.padding for where, side in zip(place, sides, strict=True)]
        phase = [where % side.stride for where, side in zip(full, sides, strict=True)]
        inner = [where // side.stride - side.first for where, side in zip(full, sides, strict=True)]
        return phases(b, co, *phase, *inner)

    result = te.compute(
        (*shape, *(side.output for side in sides)), interleaved,
        name=name, varargs_names=places(space),
    )  # fmt: skip
    return finished(rounded(result, x.dtype, out_dtype), bias, relu, name)


def _sides(
    x: Tensor, weight: Tensor, stride: Sizes, padding: Sizes, output_padding: Sizes, name: str
) -> list[Phases]:
    """Return the phases of each spatial axis. Raises ExpressionError for impossible paddings."""
    rank = x.ndim - 2
    values = zip(
        x.shape[2:],
        weight.shape[2:],
        per_axis(stride, rank, name, "stride", 1),
        per_axis(padding, rank, name, "padding", 0),
        per_axis(output_padding, rank, name, "output_padding", 0),
        strict=True,
    )
    sides = [
        Phases(
            static(extent, name, "the image's extent"),
            static(kernel, name, "the kernel's extent"),
            *numbers,
        )
        for extent, kernel, *numbers in values
    ]
    for side in sides:
        if side.output_padding >= side.stride:
            raise ExpressionError(
                f"expected an output_padding of {name} below the stride {side.stride}, got "
                f"{side.output_padding}"
            )
        if side.output < 1:
            raise ExpressionError(
                f"expected a padding of {name} that leaves a part of the result, got "
                f"{side.padding} on both sides of {side.output + 2 * side.padding}"
            )
    return sides
