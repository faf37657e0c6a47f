"""Emits calls of functions outside, and tensor intrinsics, which are made of such calls."""

from __future__ import annotations

from autosched.codegen.llvm.memory.address import form_of, pointer
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, register_type
from autosched.codegen.llvm.values.convert import convert
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.build import strides_of
from autosched.ir.dtype import FLOAT64, INT64
from autosched.ir.expr import Address, Buffer, Expr, OutsideCall, Reinterpret
from autosched.ir.stmt import CallExternal, IntrinsicCall
from autosched.runtime.callbacks import Given, Part


def intrinsic_call(em: Emitter, node: IntrinsicCall) -> None:
    em.run(node.body)
    for buffer in em.module.facts.written(node.definition):
        em.touch(buffer)


def call_external(em: Emitter, node: CallExternal) -> None:
    if node.language == "c":
        arguments = [_argument(em, arg) for arg in node.args]
        result = "void" if node.result is None else register_type(node.result)
        call = em.called(llvm.quoted(node.function), result, *arguments)
        em.do(call) if node.result is None else em.let(call)
    else:
        words = [word for arg in node.args for word in _words(em, arg)]
        em.do(em.called(llvm.quoted(python_symbol(node)), "void", *words))
    for buffer in node.buffers:
        em.touch(buffer)


def python_symbol(call: CallExternal) -> str:
    """Return the symbol of the C function that calls a function of Python with these arguments."""
    return f"autosched.python {call.function} {python_arguments(call)}"


def python_arguments(call: CallExternal) -> Given:
    """Return the arguments of a call, as a function of Python takes them."""
    return tuple(_given(arg) for arg in call.args)


def _given(arg: Buffer | Expr) -> Part | type:
    if isinstance(arg, Expr) and not isinstance(arg, Address):
        return float if arg.dtype.is_float else int
    buffer = arg.buffer if isinstance(arg, Address) else arg
    return Part(buffer.dtype.numpy.name, len(arg.shape))


def _argument(em: Emitter, arg: Buffer | Expr) -> tuple[str, object]:
    if isinstance(arg, Buffer):
        return "ptr", em.pointers[arg]
    if isinstance(arg, Address):
        form = form_of(em, arg)
        return "ptr", pointer(em, arg.buffer, form, *resolve(em, form), whole=True)
    return register_type(arg.dtype), em.text(em.value(arg), arg.dtype)


def _words(em: Emitter, arg: Buffer | Expr) -> list[tuple[str, object]]:
    """Return an argument as a function of Python takes it: wide numbers, extents and strides."""
    if isinstance(arg, Expr) and not isinstance(arg, Address):
        wide = FLOAT64 if arg.dtype.is_float else INT64
        return [(register_type(wide), em.text(convert(em, em.value(arg), arg.dtype, wide), wide))]
    strides = arg.strides if isinstance(arg, Address) else strides_of(arg)
    numbers = [("i64", em.text(em.value(each), INT64)) for each in (*arg.shape, *strides)]
    return [_argument(em, arg), *numbers]


def outside_call(em: Emitter, node: OutsideCall) -> Value:
    arguments = [(register_type(arg.dtype), em.text(em.value(arg), arg.dtype)) for arg in node.args]
    return em.let(em.called(llvm.quoted(node.function), register_type(node.dtype), *arguments))


def reinterpret(em: Emitter, node: Reinterpret) -> Value:
    value, kind = em.value(node.value), node.value.dtype
    return em.convert("bitcast", value, kind, node.dtype)


HANDLERS: dict[type, Handler] = {
    CallExternal: call_external,
    IntrinsicCall: intrinsic_call,
    OutsideCall: outside_call,
    Reinterpret: reinterpret,
}
