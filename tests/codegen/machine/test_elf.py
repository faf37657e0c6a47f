"""Object files are read section by section; what is unknown in them is refused."""

from __future__ import annotations

import platform
import struct
import sys

import pytest

from autosched.codegen.machine.elf import NotSupportedError, ObjectFile
from autosched.codegen.machine.module import code_file, object_file
from autosched.target.target import Target

pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="reads ELF for x86-64"
)
TEXT = """
@kept = internal global i64 3
declare void @outside(ptr)
define void @own() {
  call void @outside(ptr @kept)
  ret void
}"""


@pytest.fixture(scope="module")
def data() -> bytes:
    return code_file(TEXT, Target.host())


def test_symbols_and_addresses_are_told(data: bytes) -> None:
    read = ObjectFile(data)
    symbols = {symbol.name: symbol for symbol in read.symbols()}
    assert symbols["outside"].is_undefined
    assert not symbols["own"].is_undefined
    assert not symbols["own"].is_local
    assert symbols["kept"].is_local
    code = read.sections[symbols["own"].section]
    assert code.is_loaded
    assert not code.is_written
    assert len(read.content(code)) == code.bytes > 0
    place = read.sections[symbols["kept"].section]
    assert place.is_written
    assert read.content(place) == struct.pack("<q", 3)
    names = [read.symbols()[each.symbol].name for each in read.relocations()]
    assert "outside" in names


def test_another_kind_of_file_is_refused(data: bytes) -> None:
    for other in (b"", data[:40], b"MZ" + data[2:], data[:16] + b"\x02" + data[17:]):
        with pytest.raises(NotSupportedError, match="object file of ELF"):
            ObjectFile(other)


def test_distances_from_the_code_are_told(data: bytes) -> None:
    linkable = ObjectFile(object_file(TEXT, Target.host()))
    assert {each.is_distance for each in linkable.relocations()} == {True}
    assert {each.is_distance for each in ObjectFile(data).relocations()} == {False}


def test_other_places_in_the_code_are_refused() -> None:
    table = TEXT.replace("@kept = internal global", "@kept = external thread_local global")
    read = ObjectFile(object_file(table.replace("i64 3", "i64"), Target.host()))
    with pytest.raises(NotSupportedError, match="distances of 32 bits"):
        list(read.relocations())


def test_memory_of_threads_is_refused() -> None:
    own = TEXT.replace("@kept = internal", "@kept = internal thread_local")
    with pytest.raises(NotSupportedError, match="code and data"):
        ObjectFile(code_file(own, Target.host()))
