"""Object files become functions of this process, without LLVM."""

from __future__ import annotations

import ctypes
import platform
import sys

import pytest

from autosched.codegen.machine.elf import NotSupportedError
from autosched.codegen.machine.loaded import LoadedCode
from autosched.codegen.machine.module import code_file, object_file
from autosched.target.target import Target

pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="loads ELF for x86-64"
)
COUNTER = """
@count = internal global i64 40
@zeros = internal global [8 x i64] zeroinitializer
@step = internal constant [2 x ptr] [ptr @one, ptr @two]
define internal i64 @one() {
  ret i64 1
}
define internal i64 @two() {
  ret i64 2
}
define i64 @next() {
  %old = load i64, ptr @count
  %second = load ptr, ptr getelementptr ([2 x ptr], ptr @step, i64 0, i64 1)
  %two = call i64 %second()
  %zero = load i64, ptr getelementptr ([8 x i64], ptr @zeros, i64 0, i64 5)
  %both = add i64 %two, %zero
  %new = add i64 %old, %both
  store i64 %new, ptr @count
  ret i64 %new
}"""
CALLER = """
declare i64 @next()
declare i64 @given()
declare i64 @labs(i64)
define i64 @sum() {
  %a = call i64 @next()
  %b = call i64 @given()
  %c = call i64 @labs(i64 %b)
  %d = add i64 %a, %c
  ret i64 %d
}"""


def loaded(*texts: str, **symbols: int) -> LoadedCode:
    return LoadedCode([code_file(text, Target.host()) for text in texts], symbols)


def called(code: LoadedCode, name: str) -> int:
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(code.address(name))())


def test_data_is_kept_between_calls() -> None:
    code, other = loaded(COUNTER), loaded(COUNTER)
    assert [called(code, "next"), called(code, "next"), called(other, "next")] == [42, 44, 42]


def test_files_for_a_linker_have_distances_between_their_sections() -> None:
    code = LoadedCode([object_file(COUNTER, Target.host())], {})
    assert [called(code, "next"), called(code, "next")] == [42, 44]


@pytest.mark.parametrize("distance", [-(1 << 40), 1 << 40])
def test_a_distance_of_more_bits_is_refused(distance: int) -> None:
    near = LoadedCode([object_file(COUNTER, Target.host())], {}).address("next")
    symbols = {"next": near + distance, "given": near}
    with pytest.raises(NotSupportedError, match="within 2 GiB"):
        LoadedCode([object_file(CALLER, Target.host())], symbols)


def test_files_call_each_other_what_is_given_and_the_process() -> None:
    given = ctypes.CFUNCTYPE(ctypes.c_int64)(lambda: -7)
    address = ctypes.cast(given, ctypes.c_void_p).value
    assert address is not None
    code = loaded(CALLER, COUNTER, given=address)
    assert called(code, "sum") == 42 + 7
    assert code.address("nowhere") == 0
    assert code.address("count") == 0


def test_a_function_that_is_nowhere_is_told() -> None:
    with pytest.raises(NotSupportedError, match="function of this process, got 'given'"):
        loaded(CALLER, COUNTER)


def test_code_cannot_be_written() -> None:
    code = loaded(COUNTER)
    with open("/proc/self/maps") as file:
        maps = [line.split() for line in file]
    for addresses, rights, *_ in maps:
        start, end = (int(text, 16) for text in addresses.split("-"))
        if start <= code.address("next") < end:
            assert rights.startswith("r-x")
            return
    raise AssertionError("the code is in memory")
