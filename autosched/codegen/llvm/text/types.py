"""Returns the LLVM names of dtypes and the LLVM text of constants.

For LLVM, a bfloat16 is an integer of its 16 bits: LLVM's own type has operations that LLVM cannot
lower, and ends the process at them.
"""

from __future__ import annotations

import struct
from functools import cache

from autosched.codegen.llvm.text.instructions import vector
from autosched.ir.dtype import DType

Value = str | int | float
"""The text of an operand, or a Python number: that constant in every lane."""

_FLOATS = {("float", 16): "half", ("float", 32): "float", ("float", 64): "double"}


def _scalar(dtype: DType) -> str:
    if dtype.kind == "bfloat":
        return "i16"
    return _FLOATS[dtype.kind, dtype.bits] if dtype.is_float else f"i{dtype.bits}"


@cache
def register_type(dtype: DType) -> str:
    """Return the type of a value of `dtype` in a register, in which a bool is one bit."""
    name = _scalar(dtype)
    return vector(name, dtype.lanes)


@cache
def memory_type(dtype: DType) -> str:
    """Return the type of a value of `dtype` in memory, in which a bool is a byte."""
    name = "i8" if dtype.is_bool else _scalar(dtype)
    return vector(name, dtype.lanes)


@cache
def mangled(dtype: DType) -> str:
    """Return the suffix of an intrinsic overloaded on `dtype` in registers, such as `v16f32`."""
    is_float = dtype.is_float and dtype.kind != "bfloat"
    name = f"{'f' if is_float else 'i'}{dtype.bits}"
    return name if dtype.lanes == 1 else f"v{dtype.lanes}{name}"


def constant(value: int | float | bool, dtype: DType) -> str:
    """Return `value` in every lane of `dtype`."""
    # A key of value alone would take 0.0, -0.0, 0 and False for one another.
    if dtype.is_float:
        return _float_constant(struct.pack("<d", value), dtype)
    return _int_constant(int(value), dtype)


@cache
def _int_constant(value: int, dtype: DType) -> str:
    text = ("true" if value else "false") if dtype.is_bool else str(value)
    return text if dtype.lanes == 1 else f"splat ({_scalar(dtype)} {text})"


@cache
def _float_constant(packed: bytes, dtype: DType) -> str:
    (value,) = struct.unpack("<d", packed)
    if dtype.kind == "bfloat":
        text = str(struct.unpack("<I", struct.pack("<f", value))[0] >> 16)
    elif dtype.bits == 16:
        text = f"0xH{struct.unpack('<H', struct.pack('<e', value))[0]:04X}"
    else:
        text = f"0x{struct.unpack('<Q', packed)[0]:016X}"
    return text if dtype.lanes == 1 else f"splat ({_scalar(dtype)} {text})"


@cache
def lane_numbers(start: int, stride: int, lanes: int, bits: int) -> str:
    """Return the constant vector `start, start + stride, ...` of integers."""
    return "<" + ", ".join(f"i{bits} {start + stride * lane}" for lane in range(lanes)) + ">"
