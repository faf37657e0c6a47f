"""Calls in the text of a module."""

from __future__ import annotations

from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.loops.calls import python_arguments, python_symbol
from autosched.ir.build import const
from autosched.ir.dtype import dtype
from autosched.ir.expr import Address
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import CallExternal, IntrinsicCall, Stmt, block
from autosched.runtime.callbacks import Part
from autosched.target.target import Target
from tests.ir.nests import buffer, function, load, loop, store, var

A, B = buffer("A", 8, 4), buffer("B", 8, 4)
i = var("i")
AT = Address(A, (i, const(2)), (const(2),), (const(1),))


def text_of(body: Stmt) -> str:
    return emit(function([A, B], [B], body), target=Target.host())


def test_a_c_function_takes_addresses_and_values() -> None:
    call = CallExternal("f", (AT, B, const(3), const(0.5, "float32")), "c", dtype("int32"))
    text = text_of(loop(i, 8, call))
    assert 'declare i32 @"f"(ptr, ptr, i64, float)' in text
    assert 'call i32 @"f"(ptr %' in text
    assert 'call void @"f"' in text_of(loop(i, 8, CallExternal("f", (AT,), "c")))


def test_a_function_of_python_takes_extents_strides_and_wide_numbers() -> None:
    call = CallExternal("f", (AT, B, const(3, "int8"), const(0.5, "float32")))
    assert python_arguments(call) == (Part("float32", 1), Part("float32", 2), int, float)
    text = text_of(loop(i, 8, call))
    kinds = "ptr, i64, i64, ptr, i64, i64, i64, i64, i64, double"
    assert f'declare void @"{python_symbol(call)}"({kinds})' in text


def test_an_intrinsic_is_its_body() -> None:
    """What it writes is read anew, by the code after it; the interpreter runs its definition."""
    definition = store(B, (0, 0), load(A, (const(0), const(0))) + 1.0)
    made = IntrinsicCall("it", definition, CallExternal("f", (B, A), "c"))
    first = load(B, (const(0), const(0)))
    body = block(store(B, (0, 1), first), made, store(B, (0, 2), first))
    text = text_of(body)
    assert text.count("load float") == 2
    assert str(body).splitlines()[1:3] == ["intrinsic it:", "    call f(B, A)"]


def test_the_interpreter_runs_the_definition() -> None:
    import numpy as np

    definition = store(B, (0, 0), load(A, (const(0), const(0))) + 1.0)
    nest = function([A, B], [B], IntrinsicCall("it", definition, CallExternal("f", (), "c")))
    a, b = np.ones((8, 4), "float32"), np.zeros((8, 4), "float32")
    interpret(nest, [a, b])
    assert b[0, 0] == 2
