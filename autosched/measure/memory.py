"""The memory a worker may take, and has taken."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

_PAGE_BYTES = resource.getpagesize()


def resident_bytes() -> int:
    """The physical memory of this process; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
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


def volunteer_for_the_oom_killer() -> None:
    """If the system must kill something for memory, it shall be this process."""
    with suppress(OSError):  # not Linux, or not allowed: the limit has to do
        Path("/proc/self/oom_score_adj").write_text("1000")
