"""Holds a store to the process that opened it, and to the time before it was closed."""

from __future__ import annotations

import os

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
