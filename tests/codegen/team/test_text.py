"""The team's text is that of every machine that LLVM makes code for."""

from __future__ import annotations

import llvmlite.binding as llvm
import pytest

from autosched.codegen.native.function import linked_text
from autosched.codegen.team.members import parallel, reset, serve
from autosched.codegen.team.text import primitives_text


@pytest.mark.parametrize(
    ("triple", "clock", "pause"),
    [
        ("x86_64-unknown-linux-gnu", 1, "pause"),
        ("aarch64-unknown-linux-gnu", 1, "isb"),
        ("arm64-apple-darwin23", 6, "isb"),
        ("riscv64-unknown-linux-gnu", 1, ""),
    ],
)
def test_it_becomes_machine_code(triple: str, clock: int, pause: str) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    names = parallel.name, serve.name, reset.name
    text = linked_text([parallel, serve, reset], primitives_text(triple, *names))
    assert f"@clock_gettime(i32 {clock}, " in text
    module = llvm.parse_assembly(text)
    module.verify()
    assembly = llvm.Target.from_triple(triple).create_target_machine().emit_assembly(module)
    assert pause in assembly
    assert "autosched.parallel" in assembly
