"""Memory that compilation leaves behind, given back until the next one."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAPS = Path("/proc/self/maps")
LIBRARY = "libllvmlite"


def release_memory() -> None:
    """Give back blocks that are free, and LLVM's code, which its file has: 60 to 150 MB.

    The next compilation reads the code again, page by page, from the system's cache of the file.
    Code in use is read again at once. Does nothing where the system is not Linux with glibc.
    """
    library = ctypes.CDLL(None)
    with suppress(AttributeError):
        library.malloc_trim(0)
    for start, end in _code_pages():
        address, size = ctypes.c_void_p(start), ctypes.c_size_t(end - start)
        library.madvise(address, size, mmap.MADV_DONTNEED)


def _code_pages() -> Iterator[tuple[int, int]]:
    """The addresses of LLVM's code. It is never written, so that its file has all of it."""
    with suppress(OSError):
        for line in MAPS.read_text().splitlines():
            addresses, access, *_, name = line.split(maxsplit=5)
            if access == "r-xp" and LIBRARY in name:
                start, end = addresses.split("-")
                yield int(start, 16), int(end, 16)
