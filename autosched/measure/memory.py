"""The memory a worker may take, and has taken."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAGE_BYTES = resource.getpagesize()
_OUTPUT_BYTES = 1 << 20


def resident_bytes() -> int:
    """The physical memory of this process; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def oom_kills() -> int:
    """How many processes the system has killed for want of memory; 0 where it does not say."""
    try:
        fields = Path("/proc/vmstat").read_text().split()
        return int(fields[fields.index("oom_kill") + 1])
    except (OSError, ValueError):
        return 0


def limit_growth(allowed_bytes: int) -> None:
    """From now on an allocation fails that takes the process beyond what it has by so much.

    RLIMIT_DATA counts what is private and can be written, as LLVM's address-space
    reservations are not. Where the system does not say what it is now, there is no limit.
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
    """Let a megabyte more be printed meanwhile, and no file grow beyond what that makes."""
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


def volunteer_for_the_oom_killer() -> None:
    """If the system must kill something for memory, it shall be this process."""
    with suppress(OSError):  # not Linux, or not allowed: the limit has to do
        Path("/proc/self/oom_score_adj").write_text("1000")
