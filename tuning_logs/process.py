"""Which process uses a store, and whether another one still runs."""

from __future__ import annotations

import os
from pathlib import Path

from autosched.errors import DatabaseError


class ProcessGuard:
    """Knows who may use a store. SQLite's locks break when a connection crosses a fork."""

    def __init__(self, name: str):
        self._name = name
        self._owner = os.getpid()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def owned(self) -> bool:
        """Whether this is the process that opened the store."""
        return os.getpid() == self._owner

    def close(self) -> None:
        self._closed = True

    def check(self) -> None:
        """Raise `DatabaseError` on a store that is closed or another process's."""
        if self._closed:
            raise DatabaseError(f"expected {self._name} to be open, got one that was closed")
        if not self.owned:
            raise DatabaseError(
                f"expected {self._name} to be used by process {self._owner} that opened it, "
                f"got process {os.getpid()}",
                hint="open the store again in the new process",
            )


def process_identity() -> str:
    """This process, as others can look for it; empty where the system does not tell."""
    return _identity("self")


def is_gone(identity: object) -> bool:
    """Whether that process has ended for certain; False where it cannot be known from here."""
    if not isinstance(identity, str) or len(words := identity.split()) != 4:
        return False
    here, there = process_identity().split(), words
    if here[:2] != there[:2] or not there[2].isdecimal():
        return False
    return _identity(there[2]) != identity


def _identity(process: str) -> str:
    """The running system, the view of processes, and the process's number and start in it.

    Empty for one that has ended, also if nobody asked for its exit status yet.
    """
    root = Path("/proc")
    try:
        boot = (root / "sys/kernel/random/boot_id").read_text().strip()
        view = os.readlink(root / "self/ns/pid")
        number, _, rest = (root / process / "stat").read_text(errors="replace").partition(" ")
    except OSError:  # no such process, or no such system
        return ""
    state, *fields = rest.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{boot} {view} {number} {fields[18]}"
