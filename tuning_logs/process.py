"""Identifies processes: the one that opened a store, and those that hold claims."""

from __future__ import annotations

import os
from pathlib import Path

from autosched.errors import DatabaseError


class ProcessGuard:
    """Refuses a closed store, and one of another process.

    SQLite's locks break if a connection is used across a fork.
    """

    def __init__(self, name: str):
        self._name = name
        self._owner = os.getpid()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def owned(self) -> bool:
        """Whether this process opened the store."""
        return os.getpid() == self._owner

    def close(self) -> None:
        self._closed = True

    def check(self) -> None:
        """Raise `DatabaseError` if the store is closed or another process opened it."""
        if self._closed:
            raise DatabaseError(f"expected {self._name} to be open, got one that was closed")
        if not self.owned:
            raise DatabaseError(
                f"expected {self._name} to be used by process {self._owner} that opened it, "
                f"got process {os.getpid()}",
                hint="open the store again in the new process",
            )


def process_identity() -> str:
    """Return a text that identifies this process to others; empty without a /proc to read."""
    return _identity("self")


def has_ended(identity: object) -> bool:
    """Return whether the process has certainly ended; False if that cannot be known here."""
    if not isinstance(identity, str) or len(there := identity.split()) != 4:
        return False
    here = process_identity().split()
    if here[:2] != there[:2] or not there[2].isdecimal():
        return False
    return _identity(there[2]) != identity


def _identity(process: str) -> str:
    """Return the boot id, the PID namespace, and the PID and start time of a process.

    Empty if it has ended, even if its parent has not read its exit status yet.
    """
    root = Path("/proc")
    try:
        boot = (root / "sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink(root / "self/ns/pid")
        number, _, rest = (root / process / "stat").read_text(errors="replace").partition(" ")
    except OSError:  # no such process, or no /proc
        return ""
    state, *fields = rest.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{boot} {namespace} {number} {fields[18]}"
