"""Loads object files into this process without LLVM's library, which takes 50 MB and 0.1 s."""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import sys
import weakref
from collections.abc import Mapping, Sequence

from autosched.codegen.machine.elf import NotSupportedError, ObjectFile, Symbol

_WRITABLE, _EXECUTABLE = mmap.PROT_READ | mmap.PROT_WRITE, mmap.PROT_READ | mmap.PROT_EXEC


class LoadedCode:
    """The functions of object files that refer to each other. They live as long as this object.

    `symbols` are addresses of other functions that they call; those of C are found in this process.
    Raises NotSupportedError for files and systems that only LLVM knows.
    """

    def __init__(self, files: Sequence[bytes], symbols: Mapping[str, int]):
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise NotSupportedError("expected Linux on x86-64")
        self._exported = dict(symbols)
        self._read = [ObjectFile(file) for file in files]
        self._places: list[dict[int, int]] = [{} for _ in files]
        fixed_bytes = self._place(0, is_written=False)
        whole_bytes = self._place(fixed_bytes, is_written=True)
        self._start = _mapped(whole_bytes)
        weakref.finalize(self, _unmap, self._start, whole_bytes).atexit = False
        self._fill((ctypes.c_char * whole_bytes).from_address(self._start))
        _protect(self._start, fixed_bytes)

    def address(self, name: str) -> int:
        """Return the address of an exported function; 0 where there is none."""
        return self._exported.get(name, 0)

    def _place(self, end: int, is_written: bool) -> int:
        """Place the sections from the offset `end` on; return the end of their last page."""
        for read, places in zip(self._read, self._places, strict=True):
            for number, section in enumerate(read.sections):
                if section.is_loaded and section.is_written == is_written:
                    places[number] = _up(end, max(section.alignment, 1))
                    end = places[number] + section.bytes
        return _up(max(end, 1), mmap.PAGESIZE)

    def _fill(self, memory: ctypes.Array[ctypes.c_char]) -> None:
        """Write the sections, and the addresses of symbols into these."""
        tables = [read.symbols() for read in self._read]
        for places, table in zip(self._places, tables, strict=True):
            for symbol in table:
                if not symbol.is_local and symbol.section in places:
                    self._exported.setdefault(symbol.name, self._address(symbol, places))
        view = memoryview(memory).cast("B")
        for read, places, table in zip(self._read, self._places, tables, strict=True):
            for number, place in places.items():
                content = read.content(read.sections[number])
                view[place : place + len(content)] = content
            for each in read.relocations():
                address = self._address(table[each.symbol], places) + each.more
                place = places[each.into] + each.offset
                if each.is_distance:
                    struct.pack_into("<i", view, place, _near(address - (self._start + place)))
                else:
                    struct.pack_into("<Q", view, place, address % (1 << 64))

    def _address(self, symbol: Symbol, places: Mapping[int, int]) -> int:
        if symbol.section in places:
            return self._start + places[symbol.section] + symbol.value
        if symbol.name not in self._exported:
            self._exported[symbol.name] = _of_this_process(symbol)
        return self._exported[symbol.name]


def _near(distance: int) -> int:
    """Return a distance of 32 bits, as there is between sections; functions of C may be further."""
    if not -(1 << 31) <= distance < 1 << 31:
        raise NotSupportedError("expected a symbol within 2 GiB of the code")
    return distance


def _of_this_process(symbol: Symbol) -> int:
    """Return the address of a function of C."""
    if not symbol.is_undefined:
        raise NotSupportedError(f"expected {symbol.name} in a section, or undefined")
    try:
        found = ctypes.cast(ctypes.CDLL(None)[symbol.name], ctypes.c_void_p).value
    except (AttributeError, ValueError):
        found = None
    if found is None:
        raise NotSupportedError(f"expected a function of this process, got {symbol.name!r}")
    return found


def _up(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def _mapped(size: int) -> int:
    """Map memory of its own that no collector frees: threads may run it until the process ends."""
    mapping = ctypes.CDLL(None, use_errno=True).mmap
    mapping.restype = ctypes.c_void_p
    mapping.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    start: int | None = mapping(None, size, _WRITABLE, flags, -1, 0)
    if start is None or start == ctypes.c_void_p(-1).value:
        raise MemoryError(f"expected {size} bytes for code, got none")
    return start


def _protect(start: int, size: int) -> None:
    done = ctypes.CDLL(None).mprotect(ctypes.c_void_p(start), ctypes.c_size_t(size), _EXECUTABLE)
    if done:
        raise NotSupportedError("expected a system that lets memory become code")


def _unmap(start: int, size: int) -> None:
    ctypes.CDLL(None).munmap(ctypes.c_void_p(start), ctypes.c_size_t(size))
