"""Convolution of capsules (Hinton, Sabour and Frosst, 2018): of matrices instead of numbers."""

from __future__ import annotations

from autosched import te
from autosched.ir.build import as_expr
from autosched.ir.expr import Expr
from autosched.ops.checks import (
    Pair,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
    pair,
    static,
)
from autosched.ops.halves import rounded_once
from autosched.ops.window import positions, shifted
from autosched.te.tensor import Tensor


@rounded_once
def capsule_conv2d(
    x: Tensor, weight: Tensor, stride: Pair = 1, padding: Pair = 0, name: str = "capsule_conv2d"
) -> Tensor:
    """Return the sum of the products of matrices in each window.

    `x` is (n, h, w, p, q, ci), `weight` (kh, kw, q, r, ci, co) and the result
    (n, y, x, p, r, co): each p x q matrix of a window is multiplied by a q x r matrix.
    """
    check_rank(x, 6, name, "n, h, w, p, q, ci")
    check_rank(weight, 6, name, "kh, kw, q, r, ci, co")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    check_extent(weight.shape[2], x.shape[4], name, f"dimension 2 of {weight.name}")
    check_extent(weight.shape[4], x.shape[5], name, f"dimension 4 of {weight.name}")
    strides, before = pair(stride, name, "stride", 1), pair(padding, name, "padding", 0)
    extents = [static(extent, name, "the image's extent") for extent in x.shape[1:3]]
    wide = [extent + 2 * more for extent, more in zip(extents, before, strict=True)]
    image = shifted(x, before, wide, te.const(0, x.dtype), (1, 2))
    kernel = [static(extent, name, "the kernel's extent") for extent in weight.shape[:2]]
    counts = [
        positions(as_expr(extent), window, step, name, side)
        for extent, window, step, side in zip(
            wide, kernel, strides, ("height", "width"), strict=True
        )
    ]
    ry, rx = (
        te.reduce_axis((0, k), name=axis) for k, axis in zip(kernel, ("ry", "rx"), strict=True)
    )
    rq = te.reduce_axis((0, x.shape[4]), name="rq")
    rc = te.reduce_axis((0, x.shape[5]), name="rc")

    def product(b: Expr, y: Expr, z: Expr, p: Expr, r: Expr, co: Expr) -> Expr:
        point = image(b, y * strides[0] + ry, z * strides[1] + rx, p, rq, rc)
        return te.sum(point * weight(ry, rx, rq, r, rc, co), axis=[ry, rx, rq, rc])

    shape = (x.shape[0], *counts, x.shape[3], weight.shape[3], weight.shape[5])
    return te.compute(shape, product, name=name)
