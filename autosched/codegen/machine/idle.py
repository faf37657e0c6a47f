"""Memory that compilation leaves behind, given back until the next one."""

from __future__ import annotations

import ctypes
import mmap
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAPS = Path("/proc/self/smaps")
LIBRARY = "libllvmlite"


def release_memory() -> None:
    """Give back free blocks, and what LLVM's file has, code and constants: 75 to 170 MB.

    The next compilation reads them again, page by page, from the system's cache of the file.
    What is in use is read again at once. Does nothing where the system is not Linux with glibc.
    """
    library = ctypes.CDLL(None)
    with suppress(AttributeError):
        library.malloc_trim(0)
    if "llvmlite.binding" not in sys.modules:
        return
    with suppress(OSError):
        for start, end in _pages_of_the_file(MAPS.read_text()):
            address, size = ctypes.c_void_p(start), ctypes.c_size_t(end - start)
            library.madvise(address, size, mmap.MADV_DONTNEED)


def _pages_of_the_file(maps: str) -> Iterator[tuple[int, int]]:
    """The addresses of LLVM that are never written, and never were: its file has all of them.

    The linker wrote addresses into other pages before it closed them; these are the process's own,
    in memory or swapped out.
    """
    for mapped in re.split(r"^(?=[0-9a-f]+-)", maps, flags=re.MULTILINE):
        first, _, facts = mapped.partition("\n")
        is_closed = re.search(r" r-[x-]p .*" + LIBRARY, first)
        if is_closed and not re.search(r"^(Anonymous|Swap): *[1-9]", facts, re.MULTILINE):
            start, end = first.split(maxsplit=1)[0].split("-")
            yield int(start, 16), int(end, 16)
