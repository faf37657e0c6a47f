"""Images at the places of a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched import te
from autosched.errors import ExpressionError
from autosched.graph.operators.sampling import GridSample
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.utils import get_const_int

Array = np.ndarray
_MODES = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}
_PADDINGS = ("zeros", "border", "reflection")


def affine_grid(data: Tensor, target_shape: Sequence[int]) -> Tensor:
    """The places (n, 2, *target_shape) of points from -1 to 1 by the matrices `data` (n, 2, 3).

    The coordinates along x come first.
    """
    rows, columns = (get_const_int(extent) for extent in target_shape)

    def coordinate(n: Expr, axis: Expr, i: Expr, j: Expr) -> Expr:
        y, x = (
            at.astype(data.dtype) * (2.0 / (count - 1)) - 1.0
            for at, count in ((i, rows), (j, columns))
        )
        return data(n, axis, 0) * x + data(n, axis, 1) * y + data(n, axis, 2)

    shape = (data.shape[0], te.const(2, "int64"), rows, columns)
    return te.compute(shape, coordinate, name="affine_grid")


def grid_sample(
    data: Tensor, grid: Tensor, method: str = "bilinear", layout: str = "NCHW",
    padding_mode: str = "zeros", align_corners: bool = True,
) -> Tensor:  # fmt: skip
    """`data` (n, c, *space) at the places `grid` (n, axes, *out), whose x comes first.

    -1 and 1 are the edges of an image, or with `align_corners` the centres of its outer points.
    `method` is nearest, bilinear or bicubic; `padding_mode`, of places outside, zeros, border or
    reflection.
    """
    if method not in _MODES or padding_mode not in _PADDINGS or layout not in ("NCHW", "NCDHW"):
        raise ExpressionError(
            f"expected {', '.join(_MODES)} with {', '.join(_PADDINGS)} of NCHW or NCDHW, got "
            f"{method} with {padding_mode} of {layout}"
        )
    numbers = list(_MODES).index(method), _PADDINGS.index(padding_mode), align_corners
    shape = (*data.shape[:2], *grid.shape[2:])
    return _sampled([data, grid], [(shape, data.dtype)], *numbers)[0]


@outside
def _sampled(data: Array, grid: Array, method: int, padding: int, corners: int) -> Array:
    kind = GridSample(list(_MODES.values())[method], _PADDINGS[padding], bool(corners))
    return kind.evaluate(data, np.moveaxis(grid, 1, -1))
