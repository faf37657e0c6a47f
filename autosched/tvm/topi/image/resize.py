"""Images in other sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.layout import blocks
from autosched.tvm.topi.utils import get_const_int

_ROUNDED: dict[str, Callable[[Expr], Expr]] = {
    "round": lambda x: te.floor(x + 0.5),
    "floor": lambda x: te.floor(x + 1e-5),
    "ceil": lambda x: te.ceil(x - 1e-5),
}


def resize1d(
    data: Tensor, roi: Any, size: Sequence[Any], layout: str = "NCW", method: str = "linear",
    coordinate_transformation_mode: str = "half_pixel", rounding_method: str = "",
    bicubic_alpha: float = -0.5, bicubic_exclude: int = 0, extrapolation_value: float = 0.0,
    out_dtype: str | None = None, output_shape: Any = None,
) -> Tensor:  # fmt: skip
    """Signals of another size; see `resize2d`."""
    return _resized(data, "W", size, layout, method, coordinate_transformation_mode,
                    rounding_method, bicubic_alpha, out_dtype)  # fmt: skip


def resize2d(
    data: Tensor, roi: Any, size: Sequence[Any], layout: str = "NCHW", method: str = "linear",
    coordinate_transformation_mode: str = "half_pixel", rounding_method: str = "",
    bicubic_alpha: float = -0.5, bicubic_exclude: int = 0, extrapolation_value: float = 0.0,
    out_dtype: str | None = None, output_shape: Any = None,
) -> Tensor:  # fmt: skip
    """Images of another size, by the nearest element or by linear or cubic interpolation.

    `coordinate_transformation_mode` is half_pixel, align_corners or asymmetric.
    """
    return _resized(data, "HW", size, layout, method, coordinate_transformation_mode,
                    rounding_method, bicubic_alpha, out_dtype)  # fmt: skip


def resize3d(
    data: Tensor, roi: Any, size: Sequence[Any], layout: str = "NCDHW", method: str = "linear",
    coordinate_transformation_mode: str = "half_pixel", rounding_method: str = "",
    bicubic_alpha: float = -0.5, bicubic_exclude: int = 0, extrapolation_value: float = 0.0,
    out_dtype: str | None = None, output_shape: Any = None,
) -> Tensor:  # fmt: skip
    """Volumes of another size; see `resize2d`."""
    return _resized(data, "DHW", size, layout, method, coordinate_transformation_mode,
                    rounding_method, bicubic_alpha, out_dtype)  # fmt: skip


def _resized(
    data: Tensor, letters: str, size: Sequence[Any], layout: str, method: str, mode: str,
    rounding_method: str, alpha: float, out_dtype: str | None,
) -> Tensor:  # fmt: skip
    """Read around the place of each element along one axis after the other."""
    names = [letter for letter, _ in blocks(layout)]
    is_known = len(names) == data.ndim and set(letters) <= set(names) <= set(f"NC{letters}nc")
    if not is_known or method not in ("nearest_neighbor", "linear", "cubic"):
        raise ExpressionError(
            f"expected nearest_neighbor, linear or cubic of N, C and {letters} to resize, got "
            f"{method} of {layout}"
        )
    axes = [names.index(letter) for letter in letters]
    wanted = [get_const_int(extent) for extent in size]
    shape = list(data.shape)
    for axis, extent in zip(axes, wanted, strict=True):
        shape[axis] = te.const(extent, "int64")
    kind = out_dtype or data.dtype
    rounded = _ROUNDED[rounding_method or ("round" if mode == "align_corners" else "floor")]

    def value(place: list[Expr], side: int) -> Expr:
        if side == len(axes):
            return data(*place) if method == "nearest_neighbor" else data(*place).astype("float32")
        axis = axes[side]
        have = get_const_int(data.shape[axis])
        where = _source(place[axis], have, wanted[side], mode)

        def at(index: Expr) -> Expr:
            inside = te.minimum(te.maximum(index.astype("int64"), 0), have - 1)
            return value([*place[:axis], inside, *place[axis + 1 :]], side + 1)

        if method == "nearest_neighbor":
            return at(rounded(where))
        low = te.floor(where)
        part = where - low
        if method == "linear":
            return at(low) * (1.0 - part) + at(low + 1.0) * part
        total: Expr = te.const(0.0, "float32")
        for step, share in zip((-1.0, 0.0, 1.0, 2.0), _cubic(part, alpha), strict=True):
            total = total + at(low + step) * share
        return total

    return te.compute(tuple(shape), lambda *i: value(list(i), 0).astype(kind), name="resize")


def _source(place: Expr, have: int, want: int, mode: str) -> Expr:
    """Return where an element of `want` lies among `have`."""
    where = place.astype("float32")
    if mode == "align_corners":
        return where * ((have - 1) / max(want - 1, 1))
    return (where + 0.5) * (have / want) - 0.5 if mode == "half_pixel" else where * (have / want)


def _cubic(t: Expr, alpha: float) -> list[Expr]:
    """Return the shares of four neighbours (Keys, IEEE Trans. ASSP 29, 1981)."""

    def near(d: Expr) -> Expr:
        return ((alpha + 2.0) * d - (alpha + 3.0)) * d * d + 1.0

    def far(d: Expr) -> Expr:
        return (((d - 5.0) * d + 8.0) * d - 4.0) * alpha

    return [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
