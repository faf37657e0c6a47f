"""Counts events of the processor while a function runs, by `perf_event_open` of Linux.

Many virtual machines have no counters, and many systems forbid to read them.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_SYSCALLS = {"x86_64": 298, "aarch64": 241}
"""The number of `perf_event_open` by machine."""

_SIZE = 128
_FLAGS, _FLAGS_AT = 1 << 1 | 1 << 5 | 1 << 6, 40
"""Threads begun later count too, the kernel of the system and a hypervisor do not."""

_HARDWARE_CACHE, _MISSES = 3, 1 << 16


@dataclass(frozen=True)
class Event:
    """An event by its name, and the type and number that Linux knows it by."""

    name: str
    kind: int
    number: int


CACHE_MISSES = (
    Event("reads of L2", _HARDWARE_CACHE, _MISSES),
    Event("reads of memory", _HARDWARE_CACHE, _MISSES | 2),
)
"""Reads that miss L1, and those that miss the last cache. Each moves a line."""


def count(run: Callable[[], object], events: Sequence[Event], calls: int = 8) -> dict[str, float]:
    """Return the events of a call of `run` by name, the mean of some calls after a first one.

    Raises OSError if the machine or the system does not count them.
    """
    run()
    totals = {}
    for event in events:
        with _opened(event) as counter:
            before = _read(counter)
            for _ in range(calls):
                run()
            totals[event.name] = (_read(counter) - before) / calls
    return totals


@contextmanager
def _opened(event: Event) -> Iterator[int]:
    number = _SYSCALLS.get(platform.machine())
    if platform.system() != "Linux" or number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    attributes = bytearray(_SIZE)
    struct.pack_into("=IIQ", attributes, 0, event.kind, _SIZE, event.number)
    struct.pack_into("=Q", attributes, _FLAGS_AT, _FLAGS)
    given = (ctypes.c_char * _SIZE).from_buffer(attributes)
    library = ctypes.CDLL(None, use_errno=True)
    counter = library.syscall(number, given, 0, -1, -1, 0)
    if counter < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        yield counter
    finally:
        os.close(counter)


def _read(counter: int) -> int:
    (value,) = struct.unpack("=Q", os.read(counter, 8))
    return int(value)
