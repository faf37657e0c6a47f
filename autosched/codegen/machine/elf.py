"""Reads object files of ELF for x86-64: sections, symbols and relocations.

The files are those of `code_file`, whose only relocation is a whole address, since code for one
process may lie anywhere, and those that a linker takes too, with distances of 32 bits between
their sections. Whatever else a file has is not supported.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from autosched.errors import AutoschedError

_CONTENT, _SYMBOLS, _RELOCATIONS, _ZEROS, _UNWINDING = 1, 2, 4, 8, 0x70000001
_WRITTEN, _LOADED, _OF_THREADS = 1, 2, 0x400
_WHOLE_ADDRESS, _DISTANCES = 1, (2, 4)
_LOCAL, _UNDEFINED = 0, 0
"""Values of fields, from the System V ABI and its supplement for x86-64."""


class NotSupportedError(AutoschedError):
    """A file has something that these readers do not know."""


class Section(NamedTuple):
    """The header of a section, with the file's own fields in order."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    bytes: int
    link: int
    info: int
    alignment: int
    entry_bytes: int

    @property
    def is_loaded(self) -> bool:
        """Whether it is in memory; tables for unwinding are not, as code raises nothing."""
        return bool(self.flags & _LOADED) and self.kind != _UNWINDING

    @property
    def is_written(self) -> bool:
        return bool(self.flags & _WRITTEN)


class Symbol(NamedTuple):
    """A name for a value, which counts from the start of a section."""

    name: str
    binding: int
    section: int
    value: int

    @property
    def is_local(self) -> bool:
        return self.binding == _LOCAL

    @property
    def is_undefined(self) -> bool:
        return self.section == _UNDEFINED


class Relocation(NamedTuple):
    """The address of a symbol, plus `more`, is written at `offset` of the section `into`.

    If it `is_distance`, how far that is from there is written instead, in 32 bits.
    """

    into: int
    offset: int
    symbol: int
    more: int
    is_distance: bool


class ObjectFile:
    """An object file. Raises NotSupportedError where it is another kind of file."""

    def __init__(self, data: bytes):
        head = struct.unpack_from("<4s3B9xHH", data) if len(data) >= 64 else ()
        if head != (b"\x7fELF", 2, 1, 1, 1, 62):  # 64 bits, little-endian, relocatable, x86-64
            raise NotSupportedError("expected an object file of ELF for x86-64")
        self._data = data
        start, count = *struct.unpack_from("<Q", data, 0x28), *struct.unpack_from("<H", data, 0x3C)
        table = data[start : start + 64 * count]
        self.sections = [Section(*each) for each in struct.iter_unpack("<IIQQQQIIQQ", table)]
        for section in self.sections:
            is_known = section.kind in (_CONTENT, _ZEROS) and not section.flags & _OF_THREADS
            if section.is_loaded and not is_known:
                raise NotSupportedError("expected sections of code and data")

    def content(self, section: Section) -> bytes:
        """The bytes of a section; none where it is zeros."""
        if section.kind == _ZEROS:
            return b""
        return self._data[section.offset : section.offset + section.bytes]

    def symbols(self) -> list[Symbol]:
        """All symbols, by number."""
        found = []
        for table in self.sections:
            if table.kind == _SYMBOLS:
                names = self.content(self.sections[table.link])
                for name, info, _, section, value, _ in self._entries("<IBBHQQ", table):
                    text = names[name : names.index(b"\0", name)].decode()
                    found.append(Symbol(text, info >> 4, section, value))
        return found

    def relocations(self) -> Iterator[Relocation]:
        """The relocations of what is in memory. Raises NotSupportedError for unknown ones."""
        for table in self.sections:
            if table.kind == _RELOCATIONS and self.sections[table.info].is_loaded:
                for offset, info, more in self._entries("<QQq", table):
                    kind = info & 0xFFFFFFFF
                    if kind != _WHOLE_ADDRESS and kind not in _DISTANCES:
                        raise NotSupportedError("expected addresses and distances of 32 bits")
                    yield Relocation(table.info, offset, info >> 32, more, kind in _DISTANCES)

    def _entries(self, form: str, table: Section) -> Iterator[tuple[Any, ...]]:
        return struct.iter_unpack(form, self.content(table))
