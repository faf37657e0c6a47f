"""Images in other sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.utils import get_const_int


def resize2d(
    data: Tensor, roi: Any, size: Sequence[Any], layout: str = "NCHW", method: str = "linear",
    coordinate_transformation_mode: str = "half_pixel", rounding_method: str = "",
    bicubic_alpha: float = -0.5, bicubic_exclude: int = 0, extrapolation_value: float = 0.0,
    out_dtype: str | None = None, output_shape: Any = None,
) -> Tensor:  # fmt: skip
    """Images of another size, by the nearest element or by linear interpolation.

    `coordinate_transformation_mode` is half_pixel, align_corners or asymmetric.
    """
    if method not in ("nearest_neighbor", "linear") or layout not in ("NCHW", "NHWC"):
        raise ExpressionError(
            f"expected nearest_neighbor or linear of NCHW or NHWC for resize2d, got {method} of "
            f"{layout}"
        )
    at = layout.index("H")
    extents = [get_const_int(data.shape[at + side]) for side in (0, 1)]
    wanted = [get_const_int(extent) for extent in size]
    shape = (*data.shape[:at], *(te.const(n, "int64") for n in wanted), *data.shape[at + 2 :])
    kind = out_dtype or data.dtype
    mode = coordinate_transformation_mode
    rounding = rounding_method or ("round" if mode == "align_corners" else "floor")

    def place(i: Expr, side: int) -> Expr:
        have, want = extents[side], wanted[side]
        where = i.astype("float32")
        if mode == "align_corners":
            return where * ((have - 1) / max(want - 1, 1))
        return (
            (where + 0.5) * (have / want) - 0.5 if mode == "half_pixel" else where * (have / want)
        )

    def bounded(where: Expr, side: int) -> Expr:
        return te.minimum(te.maximum(where.astype("int64"), 0), extents[side] - 1)

    def element(*i: Expr) -> Expr:
        def read(y: Expr, z: Expr) -> Expr:
            return data(*i[:at], y, z, *i[at + 2 :])

        where = [place(i[at + side], side) for side in (0, 1)]
        if method == "nearest_neighbor":
            near = {
                "round": lambda x: te.floor(x + 0.5),
                "floor": lambda x: te.floor(x + 1e-5),
                "ceil": lambda x: te.ceil(x - 1e-5),
            }[rounding]
            if mode == "half_pixel" and not rounding_method:
                where = [x + 0.5 for x in where]
            return read(*(bounded(near(x), n) for n, x in enumerate(where))).astype(kind)
        low = [te.floor(x) for x in where]
        part = [x - below for x, below in zip(where, low, strict=True)]
        (top, bottom), (left, right) = (
            (bounded(below, n), bounded(below + 1.0, n)) for n, below in enumerate(low)
        )

        def between(a: Expr, b: Expr, t: Expr) -> Expr:
            return a.astype("float32") * (1.0 - t) + b.astype("float32") * t

        upper = between(read(top, left), read(top, right), part[1])
        lower = between(read(bottom, left), read(bottom, right), part[1])
        return between(upper, lower, part[0]).astype(kind)

    return te.compute(shape, element, name="resize")
