"""The processes that a candidate starts: found, and ended with the worker it ran in."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
"""Of Linux's <sys/prctl.h>."""


def become_head() -> None:
    """End with the thread that started this process, and adopt the orphans of its children.

    Only Linux can; elsewhere the process group has to do.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def has_children() -> bool:
    """Whether this process has children, ended ones that nobody waited for among them."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_group(leader: int) -> None:
    """Kill a process that leads a group, all of the group, and descendants that have left it.

    The leader may have ended, but its parent must not have waited for it yet.
    """
    end_descendants(leader)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_descendants(process: int) -> None:
    """Kill the children of a process and theirs, where the system shows them."""
    for descendant in _descendants(process):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(descendant, signal.SIGKILL)


def is_stopped(process: int) -> bool:
    """Whether a process waits for a SIGCONT, where the system tells."""
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
    """What a process's `stat` says after its name, state and parent first; none if it is gone."""
    try:
        return status.read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []
