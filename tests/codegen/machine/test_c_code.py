"""C code as LLVM IR."""

from __future__ import annotations

import ctypes

import pytest

from autosched.codegen.machine import c_code
from autosched.codegen.machine.c_code import CLANG, OTHERS, llvm_of_c
from autosched.codegen.machine.module import CompiledModule, optimised
from autosched.errors import TargetError
from autosched.target.target import Target

COMPILERS = [name for name in (*CLANG, *OTHERS) if c_code.shutil.which(name)]
CODE = 'extern "C" int tests_add(int a, int b) { return a + b; }'


@pytest.mark.skipif(not COMPILERS, reason="there is no C compiler")
@pytest.mark.parametrize("compiler", COMPILERS)
def test_each_compiler(compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = c_code.shutil.which
    monkeypatch.setattr(c_code.shutil, "which", lambda name: name == compiler and find(name))
    host = Target.host()
    caller = "define i32 @f(i32 %a) {\n %b = call i32 @tests_add(i32 %a, i32 1)\n ret i32 %b\n}\n"
    text = f'target triple = "{host.triple}"\ndeclare i32 @tests_add(i32, i32)\n{caller}'
    module = CompiledModule(optimised(text, host, [llvm_of_c(CODE)]), host)
    assert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(module.address("f"))(41) == 42
    with pytest.raises(TargetError, match=r"to translate the code, got an error: .*error"):
        llvm_of_c("nonsense")


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_code.shutil, "which", lambda name: None)
    with pytest.raises(TargetError, match="expected a C compiler on the path"):
        llvm_of_c(CODE)
