"""The fast path checks that outputs overlap nothing, unless the caller's are new."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.trampoline import trampoline_symbol, trampoline_text
from autosched.runtime.fastcall import FastCall, is_available
from autosched.runtime.signature import Param, Signature
from tests.runtime.kernels import engine_for


def signature(outputs: int) -> Signature:
    made = [Param(f"y{number}", "int64", (2,), True) for number in range(outputs)]
    return Signature("k", (Param("x", "int64", (2,)), *made))


@pytest.mark.skipif(not is_available(), reason="this Python has no fast path")
@pytest.mark.parametrize("outputs_are_new", [False, True])
def test_an_output_in_the_memory_of_an_input(outputs_are_new: bool) -> None:
    text = "define void @k(ptr %x, ptr %y) {\n  store i64 7, ptr %y\n  ret void\n}\n"
    text += trampoline_text(signature(1), "k", outputs_are_new=outputs_are_new)
    engine = engine_for(text)
    address = engine.get_function_address(trampoline_symbol(signature(1)))
    call = FastCall(signature(1), address)
    x = np.zeros(2, np.int64)
    assert call.function(x, np.zeros(2, np.int64)) is None
    assert (call.function(x, x) is None) == outputs_are_new
    assert x[0] == (7 if outputs_are_new else 0)


def test_each_new_output_takes_the_same_code() -> None:
    lines = [
        trampoline_text(signature(count), "k", outputs_are_new=True).count("\n")
        for count in (10, 20, 30)
    ]
    assert lines[2] - lines[1] == lines[1] - lines[0]
