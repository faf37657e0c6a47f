"""Machine code in this process and in object files."""

from __future__ import annotations

import pytest

from autosched.codegen.llvm.emit import emit
from autosched.codegen.machine.module import object_file
from autosched.errors import InternalError
from autosched.ir.stmt import Function
from autosched.target.target import Target
from tests.codegen.llvm.harness import buffer, compiled, function, loop, read, write


def doubled() -> Function:
    x, y = buffer("x", [8]), buffer("y", [8])
    return function([x, y], loop("i", 8, lambda i: write(y, i, read(x, i) * 2.0)))


def test_the_module_tells_its_text_and_assembly() -> None:
    module = compiled(doubled())
    assert "define" in module.llvm_text()
    assert "kernel:" in module.asm()
    with pytest.raises(InternalError, match="missing"):
        module.address("missing")


def test_an_object_file_has_the_kernel() -> None:
    target = Target.host()
    data = object_file(emit(doubled(), target=target), target)
    assert b"kernel" in data
