"""Numbers of shapes and axes, and helpers that TVM's scripts import from `topi.utils`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Const, Expr
from autosched.te.tensor import ComputeOp, Tensor
from autosched.tvm.absent import refusing
from autosched.tvm.topi.tag import is_injective

Axes = int | Sequence[int] | None


def get_const_int(expr: Any) -> int:
    """Return an integer constant as a number."""
    return int(expr.value) if isinstance(expr, Const) else int(expr)


def get_const_tuple(in_tuple: Iterable[Any]) -> tuple[Any, ...]:
    """Return the extents as numbers; symbolic ones stay as they are."""
    return tuple(
        extent
        if isinstance(extent, Expr) and not isinstance(extent, Const)
        else get_const_int(extent)
        for extent in in_tuple
    )


def nchw_pack_layout(layout_info: str) -> bool:
    """Whether a layout has blocks of images and of channels, such as NCHW1n16c."""
    return layout_info.startswith("NCHW") and {"n", "c"} <= set(layout_info)


def nchw_xc_layout(layout_info: str) -> bool:
    """Whether a layout has blocks of channels alone, such as NCHW16c."""
    block = layout_info.removeprefix("NCHW").removesuffix("c")
    return block.isdigit() and layout_info == f"NCHW{block}c"


def get_shape(src_shape: Sequence[Any], src_layout: str, dst_layout: str) -> tuple[Any, ...]:
    """Return the shape with its extents in the order of the letters of another layout."""
    source, target = (
        [each for each in layout if each.isalpha()] for layout in (src_layout, dst_layout)
    )
    if sorted(source) != sorted(target):
        raise ExpressionError(f"expected layouts of the same axes, got {src_layout}, {dst_layout}")
    return get_const_tuple(src_shape[source.index(letter)] for letter in target)


def get_const_float(expr: Any) -> float:
    """Return a constant as a float."""
    return float(expr.value) if isinstance(expr, Const) else float(expr)


def get_float_tuple(in_tuple: Iterable[Any]) -> tuple[float, ...]:
    """Return constants as floats."""
    return tuple(map(get_const_float, in_tuple))


def equal_const_int(expr: Any, value: int) -> bool:
    """Whether an extent is a constant of this value."""
    return isinstance(expr, (int, Const)) and get_const_int(expr) == value


def ceil_div(a: Any, b: Any) -> Any:
    """Return the quotient of numbers or extents, rounded up."""
    return -(-a // b)


def get_max_power2_factor(n: int, max_value: int | None = None) -> int:
    """Return the greatest power of 2, at most `max_value`, that divides `n`."""
    factor = n & -n
    while max_value is not None and factor > max_value:
        factor //= 2
    return factor


def simplify(expr: Any) -> Any:
    """Return the expression itself: expressions are simplified where they are made."""
    return expr


def prod(x: Iterable[Any]) -> Any:
    """Return the product of the extents."""
    return math.prod(x)


def traverse_inline(s: te.Schedule, final_op: Any, callback: Callable[[Any], None]) -> None:
    """Inline the injective operations before `final_op`, and call `callback` on all others."""
    seen: set[Any] = set()

    def visit(op: Any) -> None:
        if op in seen or not isinstance(op, ComputeOp):
            return
        seen.add(op)
        if is_injective(op.tag) and op not in s.outputs:
            s[op].compute_inline()
        for tensor in op.input_tensors:
            visit(tensor.op)
        callback(op)

    visit(final_op)


def normalized(axis: int, rank: int, operator: str) -> int:
    """Return an axis that may count from the end as one that counts from the start."""
    if not -rank <= axis < rank:
        raise ExpressionError(f"expected an axis below {rank} for {operator}, got {axis}")
    return axis % rank


def axes_of(axis: Axes, rank: int, operator: str) -> tuple[int, ...]:
    """Return the axes in order, without repetition; all of them for None."""
    if axis is None:
        return tuple(range(rank))
    given = (axis,) if isinstance(axis, int) else axis
    return tuple(sorted({normalized(get_const_int(each), rank, operator) for each in given}))


def const_matrix(matrix: np.ndarray, name: str = "const_matrix") -> Tensor:
    """Return a two-dimensional array as a tensor of selected constants."""
    rows, columns = matrix.shape

    def element(i: Expr, j: Expr) -> Expr:
        value: Expr = te.const(0, matrix.dtype.name)
        for y in range(rows):
            for z in range(columns):
                found = te.const(matrix[y, z].item(), matrix.dtype.name)
                value = te.if_then_else(te.all(i == y, j == z), found, value)
        return value

    return te.compute((rows, columns), element, name=name)


__getattr__ = refusing(__name__)
