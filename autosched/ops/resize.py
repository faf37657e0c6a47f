"""Images in other sizes, in layout NCHW."""

from __future__ import annotations

from math import gcd

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import check_float, check_rank, static
from autosched.ops.halves import wide_dtype
from autosched.te.tensor import Tensor


def resize(
    x: Tensor, height: int, width: int, mode: str = "nearest", name: str = "resize"
) -> Tensor:
    """`x` (n, c, h, w) in the size height x width.

    "nearest" takes row `y * h // height`, "bilinear" weighs the two rows next to
    `(y + 1/2) * h / height - 1/2`; columns likewise. Both are PyTorch's `interpolate`.
    """
    check_rank(x, 4, name, "n, c, h, w")
    if mode not in ("nearest", "bilinear") or min(height, width) < 1:
        raise ExpressionError(
            f"expected nearest or bilinear and extents of at least 1 for {name}, got {mode} and "
            f"{height} x {width}"
        )
    rows, columns = (static(extent, name, "an extent") for extent in x.shape[2:])
    shape = (*x.shape[:2], height, width)
    if mode == "nearest":
        return te.compute(
            shape,
            lambda b, c, y, z: x(b, c, _nearest(y, rows, height), _nearest(z, columns, width)),
            name,
        )
    check_float(x, name)
    wide = wide_dtype(x.dtype)

    def between_rows(b: Expr, c: Expr, y: Expr, z: Expr) -> Expr:
        above, below, down = _neighbours(y, rows, height, wide.name)
        upper, lower = x(b, c, above, z).astype(wide), x(b, c, below, z).astype(wide)
        return upper * (1.0 - down) + lower * down

    # Rows first: they are read in order, and each of their values serves several columns.
    found = te.compute((*shape[:3], columns), between_rows, "rows")

    def between_columns(b: Expr, c: Expr, y: Expr, z: Expr) -> Expr:
        left, right, across = _neighbours(z, columns, width, wide.name)
        return (found(b, c, y, left) * (1.0 - across) + found(b, c, y, right) * across).astype(
            x.dtype
        )

    return te.compute(shape, between_columns, name)


def _nearest(place: Expr, extent: int, wanted: int) -> Expr:
    """Return `place * extent // wanted`, in lowest terms."""
    common = gcd(extent, wanted)
    return place * (extent // common) // (wanted // common)


def _neighbours(place: Expr, extent: int, wanted: int, dtype: str) -> tuple[Expr, Expr, Expr]:
    """Return the points before and after a place of the result, and the weight of the latter.

    The place in units of 1 / (2 * wanted) is an integer, so it is exact.
    """
    twice = te.maximum(place * (2 * extent) + (extent - wanted), 0)
    before = te.minimum(twice // (2 * wanted), extent - 1)
    after = te.minimum(before + 1, extent - 1)
    weight = (twice - before * (2 * wanted)).astype(dtype) * (0.5 / wanted)
    return before, after, weight
