"""Transposed convolution of int8, summed in int32 and requantized, in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import Pair, check_dtype, check_extent, check_rank, pair, static
from autosched.ops.phases import Phases
from autosched.ops.requantize import requantize
from autosched.ops.window import shifted
from autosched.te.tensor import Tensor


def conv2d_transpose_int8(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Pair = 1, padding: Pair = 0, output_padding: Pair = 0,
    shift: int = 8, relu: bool = False, name: str = "conv2d_transpose",
) -> Tensor:  # fmt: skip
    """Apply the transpose of `conv2d` with `weight` (ci, co, kh, kw) to `x` (n, ci, h, w).

    The result has `(h - 1) * stride - 2 * padding + kh + output_padding` rows; it is
    requantized with `bias` (int32) to int8. Each phase (see `autosched.ops.phases`) is computed
    separately, and the phases are interleaved.
    """
    check_rank(x, 4, name, "n, ci, h, w")
    check_rank(weight, 4, name, "ci, co, kh, kw")
    check_dtype(name, "int8", x, weight)
    check_extent(weight.shape[0], x.shape[1], name, f"dimension 0 of {weight.name}")
    rows, columns = _sides(x, weight, stride, padding, output_padding, name)
    image = shifted(
        x,
        (-rows.offset, -columns.offset),
        (rows.count + rows.taps - 1, columns.count + columns.taps - 1),
        te.const(0, x.dtype),
    )
    rc = te.reduce_axis((0, x.shape[1]), name="rc")
    ry = te.reduce_axis((0, rows.taps), name="ry")
    rx = te.reduce_axis((0, columns.taps), name="rx")

    def product(b: Expr, co: Expr, r: Expr, s: Expr, y: Expr, z: Expr) -> Expr:
        ky = r + (rows.taps - 1 - ry) * rows.stride
        kx = s + (columns.taps - 1 - rx) * columns.stride
        inside = te.all(ky < rows.kernel, kx < columns.kernel)
        factor = te.if_then_else(inside, weight(rc, co, ky, kx), te.const(0, weight.dtype))
        return te.sum(
            image(b, rc, y + ry, z + rx).astype("int32") * factor.astype("int32"), axis=[rc, ry, rx]
        )

    shape = (x.shape[0], weight.shape[1])
    phases = te.compute(
        (*shape, rows.stride, columns.stride, rows.count, columns.count), product, name="phases"
    )

    def interleaved(b: Expr, co: Expr, y: Expr, z: Expr) -> Expr:
        full_y, full_z = y + rows.padding, z + columns.padding
        return phases(
            b,
            co,
            full_y % rows.stride,
            full_z % columns.stride,
            full_y // rows.stride - rows.first,
            full_z // columns.stride - columns.first,
        )

    sums = te.compute((*shape, rows.output, columns.output), interleaved, name=name)
    return requantize(sums, bias, shift, relu)


def _sides(
    x: Tensor, weight: Tensor, stride: Pair, padding: Pair, output_padding: Pair, name: str
) -> tuple[Phases, Phases]:
    """Return the phases of rows and columns. Raises ExpressionError for impossible paddings."""
    values = zip(
        x.shape[2:],
        weight.shape[2:],
        pair(stride, name, "stride", 1),
        pair(padding, name, "padding", 0),
        pair(output_padding, name, "output_padding", 0),
        strict=True,
    )
    rows, columns = (
        Phases(
            static(extent, name, "the image's extent"),
            static(kernel, name, "the kernel's extent"),
            *numbers,
        )
        for extent, kernel, *numbers in values
    )
    for side in (rows, columns):
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
    return rows, columns
