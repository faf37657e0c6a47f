"""Limits of a worker's memory and output, and the memory it uses."""

from __future__ import annotations

import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAGE_BYTES = resource.getpagesize()
_OUTPUT_BYTES = 1 << 20
_MOST_NEW_OBJECTS = 300_000
"""Containers made since the last garbage collection: 100 candidates leave fewer, most in caches."""


def collect_rarely() -> None:
    """Collect no garbage of what is loaded, and little of what is made from now on.

    Nodes and environments form no circles, so that lowering leaves little to collect.
    """
    gc.freeze()
    gc.set_threshold(_MOST_NEW_OBJECTS)


def resident_bytes() -> int:
    """Return the physical memory of this process; 0 without /proc."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def oom_kills() -> int:
    """Return how many processes the system has killed to free memory; 0 without /proc."""
    try:
        fields = Path("/proc/vmstat").read_text().split()
        return int(fields[fields.index("oom_kill") + 1])
    except (OSError, ValueError):
        return 0


def limit_growth(allowed_bytes: int) -> None:
    """Let this process allocate at most `allowed_bytes` more than it has now.

    RLIMIT_DATA counts private writable memory, so it excludes LLVM's reserved address space.
    Without /proc there is no limit.
    """
    try:
        data_pages = int(Path("/proc/self/statm").read_text().split()[5])
    except OSError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = data_pages * _PAGE_BYTES + allowed_bytes
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def limited_output() -> Iterator[None]:
    """Let this process print at most 1 MiB more, and no other file grow beyond that size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    soft = _OUTPUT_BYTES
    with suppress(OSError):  # a candidate has closed it
        soft += os.fstat(2).st_size
    if before[1] != resource.RLIM_INFINITY:
        soft = min(soft, before[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def prefer_for_oom_kill() -> None:
    """Ask the system to kill this process first if it must free memory."""
    with suppress(OSError):  # not Linux, or not allowed: the limit must suffice
        Path("/proc/self/oom_score_adj").write_text("1000")
