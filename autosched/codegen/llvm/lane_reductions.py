"""Scalars of all lanes of a vector, by LLVM's reductions."""

from __future__ import annotations

from autosched.codegen.llvm.context import Emitter, Value
from autosched.codegen.llvm.convert import narrow, narrow_exact, widen
from autosched.codegen.llvm.types import mangled
from autosched.ir.dtype import FLOAT32, DType

LANE_REDUCTIONS = {
    "any_lane": ("or", "or"),
    "sum_lanes": ("add", "fadd"),
    "prod_lanes": ("mul", "fmul"),
    "min_lanes": ("min", "fminimum"),
    "max_lanes": ("max", "fmaximum"),
}
"""The reduction of integers, which may be signed, and that of floats, of each intrinsic."""

REORDERED = "reassoc nsz"
"""The freedom of a reduction: its values may be combined in any order."""

_START = {"fadd": -0.0, "fmul": 1.0}


def reduce_lanes(em: Emitter, name: str, value: Value, dtype: DType) -> Value:
    """The sum, product, least or greatest of the lanes; floats of 16 bits are rounded once."""
    if dtype.lanes == 1:
        return value
    if dtype.is_float and dtype.bits == 16:
        wide = FLOAT32.with_lanes(dtype.lanes)
        reduced = reduce_lanes(em, name, widen(em, value, dtype), wide)
        is_one_of_them = name in ("min_lanes", "max_lanes")
        return (narrow_exact if is_one_of_them else narrow)(em, reduced, dtype.scalar)
    of_integers, of_floats = LANE_REDUCTIONS[name]
    operation = of_floats if dtype.is_float else of_integers
    if operation in ("min", "max"):
        operation = ("s" if dtype.kind == "int" else "u") + operation
    symbol, scalar = f"llvm.vector.reduce.{operation}.{mangled(dtype)}", dtype.scalar
    if operation in _START:
        start = (_START[operation], scalar)
        return em.call(symbol, scalar, start, (value, dtype), freedom=REORDERED)
    return em.call(symbol, scalar, (value, dtype), freedom="nsz")
