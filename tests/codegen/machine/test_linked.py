"""Object files are linked with one another, and free what they hold at the end."""

from __future__ import annotations

import ctypes

import pytest

from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.machine.module import code_file
from autosched.errors import InternalError
from autosched.target.target import Target

TARGET = Target.host()


def test_one_file_calls_a_function_of_another() -> None:
    answer = "define i64 @answer() {\n  ret i64 42\n}"
    twice = """
declare i64 @answer()
define i64 @twice() {
  %a = call i64 @answer()
  %b = add i64 %a, %a
  ret i64 %b
}"""
    code = LinkedCode([code_file(twice, TARGET), code_file(answer, TARGET)], TARGET)
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("twice"))() == 84
    with pytest.raises(InternalError, match="'thrice'"):
        code.address("thrice")


def test_memory_is_released_at_the_end() -> None:
    seen = ctypes.c_int64(0)
    place = ctypes.addressof(seen)
    text = f"""
define void @net.release() {{
  store i64 7, ptr inttoptr (i64 {place} to ptr)
  ret void
}}"""
    code = LinkedCode([code_file(text, TARGET)], TARGET, ["net.release"])
    assert seen.value == 0
    del code
    assert seen.value == 7
