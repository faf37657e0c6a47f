"""Calls of transcendental functions: vector code of our own where there is any."""

from __future__ import annotations

from autosched.codegen.llvm.context import Emitter, Value
from autosched.codegen.llvm.math import definition, names
from autosched.codegen.llvm.types import mangled, register_type
from autosched.errors import CodegenError
from autosched.ir.dtype import DType

_LIBRARY = {"pow", "sin", "cos", "tan", "exp10", "log10"}
"""What is left to the C library, a call for each lane, unless defined here."""


def math_call(em: Emitter, name: str, values: list[Value], dtype: DType) -> Value:
    """The function `name` of float32 or float64 values, lane by lane."""
    if name not in names:
        if name not in _LIBRARY:
            raise CodegenError(f"expected an intrinsic the CPU has code for, got {name!r}")
        return em.call(f"llvm.{name}.{mangled(dtype)}", dtype, *((v, dtype) for v in values))
    symbol, text = definition(name, dtype)
    em.module.declarations.setdefault(symbol, text)
    operands = ", ".join(em.typed(value, dtype) for value in values)
    return em.let(f"call {register_type(dtype)} @{symbol}({operands})")
