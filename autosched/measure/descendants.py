"""Finds the processes that a candidate starts, and ends them with its worker."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
"""From Linux's <sys/prctl.h>."""


def adopt_descendants() -> None:
    """Make this process end with the thread that started it, and adopt orphaned descendants.

    Only Linux supports this; elsewhere the process group must suffice.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def has_children() -> bool:
    """Return whether this process has children, including ended ones not yet waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_group(leader: int) -> None:
    """Kill the leader of a process group, the group, and descendants that have left it.

    The leader may have ended, but its parent must not have waited for it: its number could
    belong to another process by then.
    """
    end_descendants(leader)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_descendants(process: int) -> None:
    """Kill all descendants of a process, if the system has /proc."""
    for descendant in _descendants(process):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(descendant, signal.SIGKILL)


def is_stopped(process: int) -> bool:
    """Return whether a process is stopped and waits for SIGCONT; False without /proc."""
    return _fields(Path(f"/proc/{process}/stat"))[:1] == [b"T"]


def _descendants(process: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        if fields := _fields(status):
            children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found = [process]
    for known in found:
        found += children.get(known, [])
    return found[1:]


def _fields(status: Path) -> list[bytes]:
    """Return the fields of a process's `stat` after its name; empty if it has ended.

    The first are its state and the number of its parent.
    """
    try:
        return status.read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []
