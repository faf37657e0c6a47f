"""Code with instructions in the order of the text."""

from __future__ import annotations

import re

from autosched.codegen.machine.module import code_machine, parsed
from autosched.codegen.machine.order import as_written
from autosched.target.target import Target

MANY = 40
"""Values at once, more than there are registers: LLVM's scheduler stores each as it is loaded."""


def text() -> str:
    """All of the loads, then all of the stores in the order that has all values live."""
    lines = ["define void @f(ptr noalias %x, ptr noalias %y) {"]
    for i in range(MANY):
        lines += [f"%p{i} = getelementptr i64, ptr %x, i64 {i}", f"%v{i} = load i64, ptr %p{i}"]
    for i in range(MANY):
        lines += [
            f"%w{i} = mul i64 %v{i}, %v{MANY - 1 - i}",
            f"%q{i} = getelementptr i64, ptr %y, i64 {i}",
            f"store i64 %w{i}, ptr %q{i}",
        ]
    return "\n".join([f'target triple = "{Target.host().triple}"', *lines, "ret void", "}"])


def assembly(is_so: bool) -> str:
    module, machine = parsed(text()), code_machine(Target.host(), 1)
    with as_written(is_so):
        found: str = machine.emit_assembly(module)
    return re.sub(r"#.*", "", found)


def test_the_order_is_left_within_and_changed_after() -> None:
    before, within, after = assembly(False), assembly(True), assembly(False)
    assert before == after
    assert within != before


def test_the_scheduler_is_on_again_after_an_error() -> None:
    before = assembly(False)
    try:
        with as_written(True):
            raise ValueError
    except ValueError:
        pass
    assert assembly(False) == before
