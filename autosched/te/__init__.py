"""Tensor expressions: each describes a computation by a formula of one element.

    A = te.placeholder((512, 512), name="A")
    B = te.placeholder((512, 512), name="B")
    k = te.reduce_axis((0, 512), name="k")
    C = te.compute((512, 512), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")

Names and argument order are those of TVM's `te`.

Floats are computed as written, except that the order of a reduction is free, and that a product
inside a sum or difference may be fused with it, with one rounding, unless it is a difference of
two products. Integers wrap at their width; a shift by the width or more gives zero, or the sign.
A conversion rounds once. A float converts to an integer by truncation; NaN gives 0, and a value
out of range the nearest integer.

An index may be computed from data, as in `A[idx[i]]`. It must lie in [0, extent); a negative one
does not count from the end. `autosched.build(..., bounds=...)` selects what a call does with
others: "check" raises an error that names the index, "clamp" reads the nearest element, and
"trust" reads memory outside the tensor.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autosched.ir.build import and_ as all
from autosched.ir.build import const, floordiv, floormod, maximum, minimum, power
from autosched.ir.build import or_ as any
from autosched.ir.build import select as if_then_else
from autosched.te.axis import Axis, AxisKind
from autosched.te.construct import compute, placeholder, reduce_axis, thread_axis, var
from autosched.te.elementwise import elementwise as _elementwise  # noqa: F401  it registers itself
from autosched.te.extern import ExternOp, extern
from autosched.te.gradients import gradient
from autosched.te.math import (
    abs,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    clip,
    clz,
    copysign,
    cos,
    cosh,
    div,
    erf,
    exp,
    exp2,
    exp10,
    floor,
    fmod,
    hypot,
    isfinite,
    isinf,
    isnan,
    ldexp,
    log,
    log1p,
    log2,
    log10,
    max_value,
    min_value,
    nearbyint,
    nextafter,
    popcount,
    round,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    trunc,
    truncdiv,
    truncmod,
)
from autosched.te.missing import NAMES as _MISSING
from autosched.te.missing import Missing as _Missing
from autosched.te.reduction import comm_reducer, max, min, prod, sum
from autosched.te.scan import scan
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp, ScanOp, Tensor
from autosched.te.tensor_intrinsic import TensorIntrinsic, decl_tensor_intrin

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule, Stage, create_schedule

size_var = var
pow = power
indexdiv = floordiv
indexmod = floormod

__all__ = [
    "Axis",
    "AxisKind",
    "ComputeOp",
    "ExternOp",
    "Operation",
    "PlaceholderOp",
    "ScanOp",
    "Schedule",
    "Stage",
    "Tensor",
    "TensorIntrinsic",
    "abs",
    "acos",
    "acosh",
    "all",
    "any",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "clip",
    "clz",
    "comm_reducer",
    "compute",
    "const",
    "copysign",
    "cos",
    "cosh",
    "create_schedule",
    "decl_tensor_intrin",
    "div",
    "erf",
    "exp",
    "exp2",
    "exp10",
    "extern",
    "floor",
    "floordiv",
    "floormod",
    "fmod",
    "gradient",
    "hypot",
    "if_then_else",
    "indexdiv",
    "indexmod",
    "isfinite",
    "isinf",
    "isnan",
    "ldexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "max",
    "max_value",
    "maximum",
    "min",
    "min_value",
    "minimum",
    "nearbyint",
    "nextafter",
    "placeholder",
    "popcount",
    "pow",
    "power",
    "prod",
    "reduce_axis",
    "round",
    "rsqrt",
    "scan",
    "sigmoid",
    "sin",
    "sinh",
    "size_var",
    "sqrt",
    "sum",
    "tan",
    "tanh",
    "thread_axis",
    "trunc",
    "truncdiv",
    "truncmod",
    "var",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("Schedule", "Stage", "create_schedule"):
        # This file is the namespace for users, above the schedules; the other files are below.
        from autosched import schedule

        return getattr(schedule, name)
    if name == "hybrid":
        return import_module("autosched.te.hybrid")
    if name in _MISSING:
        return _Missing(name)
    raise AttributeError(f"module 'autosched.te' has no attribute {name!r}")
