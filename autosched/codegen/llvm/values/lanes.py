"""Emits vectors from scalars, and scalars from the lanes of a vector."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, lane_numbers, mangled, register_type
from autosched.codegen.llvm.values.convert import narrow, widen
from autosched.codegen.llvm.values.keys import WORD, by_keys, key, of_key
from autosched.ir import expr as e
from autosched.ir.dtype import FLOAT32, DType

LANE_REDUCTIONS = {
    "any_lane": ("or", "or"),
    "sum_lanes": ("add", "fadd"),
    "prod_lanes": ("mul", "fmul"),
    "min_lanes": ("min", "fminimum"),
    "max_lanes": ("max", "fmaximum"),
}
"""For each intrinsic, the reduction of integers, which may be signed, and that of floats."""

REORDERED = "reassoc nsz"
"""The flags of a reduction, whose values may be combined in any order."""

_MOST_IN_TURN = 8
"""Up to so many lanes, integers are compared one after the other as fast as in vectors."""

_START = {"fadd": -0.0, "fmul": 1.0}


def ramp(em: Emitter, node: e.Ramp) -> Value:
    dtype = node.dtype
    base = em.value(node.base)
    if type(base) is not str:
        return lane_numbers(int(base), node.stride, dtype.lanes, dtype.bits)
    steps = lane_numbers(0, node.stride, dtype.lanes, dtype.bits)
    return em.integer("add", dtype, splat(em, base, dtype), steps)


def splat(em: Emitter, value: str, dtype: DType) -> str:
    """Emit the scalar operand `value` in every lane of `dtype`."""
    vector, scalar = register_type(dtype), register_type(dtype.scalar)
    first = em.once(llvm.insert_first(vector, scalar, value))
    return em.once(llvm.repeat_first(vector, first, dtype.lanes))


def reduce_lanes(em: Emitter, name: str, value: Value, dtype: DType) -> Value:
    """Emit the sum, product, least or greatest of the lanes; floats of 16 bits are rounded once."""
    if dtype.lanes == 1 or (name == "any_lane" and type(value) is not str):
        return value
    which, _, _ = name.partition("_")
    if which in ("min", "max") and by_keys(em, dtype):
        word = WORD.with_lanes(dtype.lanes)
        best = reduce_lanes(em, name, *_filled(em, key(em, which, value, dtype), word))
        return of_key(em, which, best, dtype.scalar)
    if dtype.is_float and dtype.bits == 16:
        wide = FLOAT32.with_lanes(dtype.lanes)
        return narrow(em, reduce_lanes(em, name, widen(em, value, dtype), wide), dtype.scalar)
    of_integers, of_floats = LANE_REDUCTIONS[name]
    operation = of_floats if dtype.is_float else of_integers
    if operation in ("min", "max"):
        operation = ("s" if dtype.kind == "int" else "u") + operation
        if dtype.lanes > _MOST_IN_TURN:
            value, dtype = _filled(em, value, dtype)
    symbol, scalar = f"llvm.vector.reduce.{operation}.{mangled(dtype)}", dtype.scalar
    if operation in _START:
        start = (_START[operation], scalar)
        return em.call(symbol, scalar, start, (value, dtype), freedom=REORDERED)
    return em.call(symbol, scalar, (value, dtype), freedom="nsz")


def _filled(em: Emitter, value: Value, dtype: DType) -> tuple[Value, DType]:
    """Repeat the last lane, so that the lanes are a power of two.

    LLVM compares the lanes of other vectors one after the other, with branches.
    """
    lanes = 1 << (dtype.lanes - 1).bit_length()
    if lanes == dtype.lanes or type(value) is not str:
        return value, dtype
    places = [min(lane, dtype.lanes - 1) for lane in range(lanes)]
    wider = llvm.shuffle(register_type(dtype), value, "poison", places)
    return em.once(wider), dtype.with_lanes(lanes)


HANDLERS: dict[type, Handler] = {e.Ramp: ramp}
