"""Code that users import, and calls of functions that are nowhere."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.codegen.machine.imports import imported, llvm_intrinsic
from autosched.errors import ArgumentError, ExpressionError, TargetError
from autosched.ir.build import const
from autosched.ir.dtype import FLOAT32, INT32, dtype
from autosched.ir.expr import Var
from autosched.ir.stmt import CallExternal
from autosched.runtime import registry
from autosched.schedule import Schedule, from_json, replay, to_json

LLVM = """
define i32 @tests_twice(ptr %out, ptr %in) {
  %a = load float, ptr %in
  %b = fadd float %a, %a
  store float %b, ptr %out
  ret i32 0
}
"""
ASSEMBLY = """
module asm ".globl tests_nothing"
module asm "tests_nothing:"
module asm "ret"
"""


def twice(function: str, language: str = "c") -> tuple[Schedule, list[te.Tensor]]:
    """A schedule that calls a function for each element."""
    a = te.placeholder((1,), name="a")
    b = te.compute((1,), lambda i: a[i] * 2.0, name="b")
    made = te.decl_tensor_intrin(
        b.op, lambda ins, outs: CallExternal(function, (*outs, *ins), language), "twice"
    )
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: A[i] * 2.0, name="B")
    s = te.create_schedule(B)
    _, inner = s[B].split(B.op.axis[0], 1)
    s[B].tensorize(inner, made)
    return s, [A, B]


def test_imported_code_is_called() -> None:
    s, (A, B) = twice("tests_twice")
    s[B].pragma(s[B].leaves[0], "import_llvm", LLVM)
    assert imported(s) == (LLVM,)
    assert "[import_llvm]" in str(s)
    again = replay(s.outputs, from_json(to_json(s.trace)))
    a = np.arange(4, dtype="float32")
    for each in (s, again):
        np.testing.assert_array_equal(autosched.build(each, [A, B])(a), a * 2)


def test_a_symbol_of_assembly() -> None:
    s, (A, B) = twice("tests_nothing")
    s[B].pragma(s[B].leaves[0], "import_llvm", ASSEMBLY)
    a, b = np.ones(4, "float32"), np.zeros(4, "float32")
    autosched.build(s, [A, B])(a, b)
    assert b.tolist() == [0, 0, 0, 0]


def test_later_code_takes_the_place_of_earlier() -> None:
    s, (A, B) = twice("tests_twice")
    thrice = LLVM.replace("fadd float %a, %a", "fmul float %a, 3.0")
    s[B].pragma(s[B].leaves[0], "import_llvm", LLVM)
    s[B].pragma(s[B].leaves[1], "import_llvm", thrice + ASSEMBLY)
    assert imported(s) == (thrice + ASSEMBLY,)
    a = np.arange(4, dtype="float32")
    np.testing.assert_array_equal(autosched.build(s, [A, B])(a), a * 3)


def test_names_of_intrinsics_of_llvm() -> None:
    lanes, word = dtype("float32x4"), Var("w", INT32)
    values = [Var("v", lanes)] * 3
    assert llvm_intrinsic("llvm.fma", lanes, values) == "llvm.fma.v4f32"
    assert llvm_intrinsic("llvm.fma.v4f32", lanes, values) == "llvm.fma.v4f32"
    assert llvm_intrinsic("llvm.ctlz", INT32, [word, const(False)]) == "llvm.ctlz.i32"
    with pytest.raises(ExpressionError, match="non-immediate parameter"):
        llvm_intrinsic("llvm.ctlz", INT32, [word, Var("b", dtype("bool"))])
    with pytest.raises(
        ExpressionError, match=r"intrinsic of LLVM from \(float\) to float, got llvm"
    ):
        llvm_intrinsic("llvm.nonsense", FLOAT32, [Var("v", FLOAT32)])
    with pytest.raises(ExpressionError, match="incorrect argument type"):
        llvm_intrinsic("llvm.sqrt", FLOAT32, [word])


def test_what_is_nowhere() -> None:
    s, args = twice("tests_is_nowhere")
    with pytest.raises(ArgumentError, match="a C function of this process, got tests_is_nowhere"):
        autosched.build(s, args)
    s[args[1]].pragma(s[args[1]].leaves[0], "import_llvm", "define nonsense")
    with pytest.raises(TargetError, match="expected LLVM IR of LLVM"):
        autosched.build(s, args)


@pytest.mark.parametrize("threads", [1, 2])
def test_functions_of_python_inside_of_loops(threads: int) -> None:
    def double(out: np.ndarray, array: np.ndarray) -> None:
        out[...] = array * 2

    registry.register("tests.double", double, override=True)
    s, (A, B) = twice("tests.double", "python")
    if threads > 1:
        s[B].parallel(s[B].leaves[0])
    kernel = autosched.build(s, [A, B], threads=threads)
    a = np.arange(4, dtype="float32")
    np.testing.assert_array_equal(kernel(a), a * 2)

    def fail(*arrays: np.ndarray) -> None:
        raise ValueError("no")

    registry.register("tests.double", fail, override=True)
    with pytest.raises(ValueError, match="no"):
        kernel(a)
    registry.register("tests.double", double, override=True)
    np.testing.assert_array_equal(kernel(a), a * 2)
