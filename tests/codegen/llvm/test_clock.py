"""Generated code reads the clock that Python reads."""

from __future__ import annotations

import ctypes
import time

import pytest

from autosched.codegen.llvm.clock import NOW, clock_text
from autosched.codegen.machine.module import compile_quickly
from autosched.target.target import Target


def test_now_is_now() -> None:
    target = Target.host()
    text = clock_text(target.triple)
    text += f"\ndefine i64 @read() {{\n  %time = call i64 @{NOW}()\n  ret i64 %time\n}}\n"
    code = compile_quickly(text, target)
    read = ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("read"))
    before = time.monotonic_ns()
    assert before <= read() <= time.monotonic_ns()


@pytest.mark.parametrize(("triple", "clock"), [("arm64-apple-darwin", 6), ("x86_64-linux", 1)])
def test_each_system_has_its_number_of_the_clock(triple: str, clock: int) -> None:
    assert f"@clock_gettime(i32 {clock}," in clock_text(triple)
