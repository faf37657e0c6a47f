"""Writes the LLVM text of a clock, for code that measures itself."""

from __future__ import annotations

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import declaration, definition

NOW = "now"
"""The function that `clock_text` defines: the nanoseconds of a monotonic clock."""


def clock_text(triple: str) -> str:
    """Return text that defines `NOW` in its module, for a target triple."""
    clock = 6 if "apple" in triple else 1  # CLOCK_MONOTONIC
    body = Body()
    time = body.let(llvm.alloca("i64", 2, 8))
    body.do(llvm.call("i32", "clock_gettime", [f"i32 {clock}", f"ptr {time}"]))
    seconds = body.let(llvm.load("i64", time))
    rest = body.let(llvm.load("i64", body.let(llvm.element("i64", time, 1))))
    whole = body.let(llvm.binary("mul", "i64", seconds, 1_000_000_000))
    body.ret(f"i64 {body.let(llvm.binary('add', 'i64', whole, rest))}")
    made = definition("i64", NOW, [], body.lines, linkage="internal ")
    return f"{declaration('i32', 'clock_gettime', ['i32', 'ptr'])}\n{made}"
