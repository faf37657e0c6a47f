"""Vectors from scalars: broadcasts and ramps."""

from __future__ import annotations

from autosched.codegen.llvm.arithmetic import integer
from autosched.codegen.llvm.context import Emitter, Handler, Value
from autosched.codegen.llvm.types import lane_numbers, register_type
from autosched.ir import expr as e
from autosched.ir.dtype import DType


def broadcast(em: Emitter, node: e.Broadcast) -> Value:
    value = em.value(node.value)
    return splat(em, value, node.dtype) if type(value) is str else value


def ramp(em: Emitter, node: e.Ramp) -> Value:
    dtype = node.dtype
    base = em.value(node.base)
    if type(base) is not str:
        return lane_numbers(int(base), node.stride, dtype.lanes, dtype.bits)
    steps = lane_numbers(0, node.stride, dtype.lanes, dtype.bits)
    return integer(em, "add", dtype, splat(em, base, dtype), steps)


def splat(em: Emitter, value: str, dtype: DType) -> str:
    """The scalar operand `value` in every lane of `dtype`."""
    vector, scalar = register_type(dtype), register_type(dtype.scalar)
    first = em.once(f"insertelement {vector} poison, {scalar} {value}, i64 0")
    zeros = f"<{dtype.lanes} x i32> zeroinitializer"
    return em.once(f"shufflevector {vector} {first}, {vector} poison, {zeros}")


HANDLERS: dict[type, Handler] = {e.Broadcast: broadcast, e.Ramp: ramp}
