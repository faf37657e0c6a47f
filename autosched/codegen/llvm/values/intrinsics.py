"""Emits intrinsic functions: LLVM's if it has an instruction, else vector code of `math`."""

from __future__ import annotations

from autosched.codegen.llvm.math import definition, names
from autosched.codegen.llvm.math.library import ARITY, in_library
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, mangled, register_type
from autosched.codegen.llvm.values.arithmetic import floating
from autosched.codegen.llvm.values.convert import computed_wide, convert, narrow, widen
from autosched.codegen.llvm.values.lanes import LANE_REDUCTIONS, reduce_lanes
from autosched.errors import CodegenError
from autosched.ir.dtype import FLOAT32, DType
from autosched.ir.expr import Call

_ROUNDING = {"floor": "floor", "ceil": "ceil", "round": "roundeven", "trunc": "trunc"}


def call(em: Emitter, node: Call) -> Value:
    argument = node.args[0].dtype
    name = node.name
    if name == "isnan":
        return _isnan(em, em.value(node.args[0]), argument)
    if name in LANE_REDUCTIONS:
        return reduce_lanes(em, name, em.value(node.args[0]), argument)
    if name == "popcount":
        value = (em.value(node.args[0]), argument)
        bits = em.call(f"llvm.ctpop.{mangled(argument)}", argument, value)
        return convert(em, bits, argument, node.dtype)
    if not argument.is_float:
        return _of_integer(em, node, argument)
    values = [em.value(arg) for arg in node.args]
    return _of_float(em, name, values, argument)


def _of_float(em: Emitter, name: str, values: list[Value], dtype: DType) -> Value:
    if dtype.bits == 16:
        wide = FLOAT32.with_lanes(dtype.lanes)
        values = [widen(em, value, dtype) for value in values]
        return narrow(em, _of_float(em, name, values, wide), dtype)
    if name == "abs":
        return em.call(f"llvm.fabs.{mangled(dtype)}", dtype, (values[0], dtype))
    if name in _ROUNDING:
        return em.call(f"llvm.{_ROUNDING[name]}.{mangled(dtype)}", dtype, (values[0], dtype))
    if name == "copysign":
        magnitude, sign = values
        symbol = f"llvm.copysign.{mangled(dtype)}"
        return em.call(symbol, dtype, (magnitude, dtype), (sign, dtype))
    if name == "sqrt":
        return _sqrt(em, values[0], dtype)
    if name == "rsqrt":
        return floating(em, "fdiv", dtype, 1.0, _sqrt(em, values[0], dtype))
    return math_call(em, name, values, dtype)


def math_call(em: Emitter, name: str, values: list[Value], dtype: DType) -> Value:
    """Emit the function `name` of float32 or float64 values, lane by lane."""
    operands = [em.typed(value, dtype) for value in values]
    if name in ARITY:
        texts, symbol = in_library(name, dtype)
        for needed, text in texts.items():
            em.module.declarations.setdefault(needed, text)
        return em.let(llvm.call(register_type(dtype), symbol, operands))
    if name not in names:
        raise CodegenError(f"expected an intrinsic the CPU has code for, got {name!r}")
    symbol, text = definition(name, dtype, em.module.target.features)
    em.module.declarations.setdefault(symbol, text)
    return em.let(llvm.call(register_type(dtype), symbol, operands))


def _sqrt(em: Emitter, value: Value, dtype: DType) -> str:
    # No flags: `afn` would have LLVM put an estimate and one Newton step in its place.
    kind = register_type(dtype)
    return em.let(em.called(f"llvm.sqrt.{mangled(dtype)}", kind, (kind, em.text(value, dtype))))


def _isnan(em: Emitter, value: Value, dtype: DType) -> Value:
    if not dtype.is_float:
        return False
    if computed_wide(em, dtype):
        return _isnan(em, widen(em, value, dtype), FLOAT32.with_lanes(dtype.lanes))
    return em.binary("fcmp uno", dtype, value, 0.0)


def _of_integer(em: Emitter, node: Call, dtype: DType) -> Value:
    value = em.value(node.args[0])
    if node.name == "abs" and dtype.kind == "int":
        kind = register_type(dtype)
        argument = kind, em.text(value, dtype)
        return em.let(em.called(f"llvm.abs.{mangled(dtype)}", kind, argument, ("i1", "false")))
    if node.name == "abs" or node.name in _ROUNDING:
        return value
    result = node.dtype if node.dtype.is_float else FLOAT32.with_lanes(dtype.lanes)
    values = [convert(em, em.value(arg), arg.dtype, result) for arg in node.args]
    return _of_float(em, node.name, values, result)


HANDLERS: dict[type, Handler] = {Call: call}
