"""A folder of files by key that several processes share, bounded in bytes.

A file is written whole, and begins with a hash of its content: one that was cut or changed is as
good as none. The files used longest ago go first.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autosched.config import Settings
from autosched.files import write_whole
from autosched.fingerprint import fingerprint

SUFFIX = ".bin"
MOST_BYTES = 1 << 30
UNFINISHED_S = 3600
"""Seconds after which a file that was begun is taken to be abandoned."""
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache holds."""

    entries: int
    size_bytes: int


class DiskCache:
    """Bytes by key, in `folder`, of `most_bytes` together.

    Keys are names of files without a suffix. A folder that cannot be written keeps nothing, and
    one that cannot be read holds nothing; neither is an error.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES):
        self.folder = folder
        self.most_bytes = most_bytes

    @staticmethod
    def of_user() -> DiskCache | None:
        """The cache of the user's settings, None where these want none."""
        folder = Settings.from_environment().cache
        return None if folder is None else DiskCache(folder)

    def get(self, key: str) -> bytes | None:
        """The content under a key, which counts as used now; None where there is none."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            return None
        with suppress(OSError):
            os.utime(path)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep the content under a key, in place of another; files used long ago make room."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(key), hashlib.sha256(content).digest() + content)
            self._make_room()

    def stats(self) -> CacheStats:
        """How many files there are, and their bytes."""
        sizes = [entry.st_size for _, entry in self._entries()]
        return CacheStats(len(sizes), sum(sizes))

    def clear(self) -> CacheStats:
        """Remove every file; what there was."""
        found = self.stats()
        for path, _ in self._entries():
            path.unlink(missing_ok=True)
        return found

    def _path(self, key: str) -> Path:
        return self.folder / (key + SUFFIX)

    def _make_room(self) -> None:
        """Remove the files used longest ago, until the others fit, and what was left unfinished."""
        for path in self.folder.glob(".*.part"):
            if time.time() - path.stat().st_mtime > UNFINISHED_S:
                path.unlink(missing_ok=True)
        entries = sorted(self._entries(), key=lambda entry: -entry[1].st_mtime_ns)
        total = 0
        for path, entry in entries:
            total += entry.st_size
            if total > self.most_bytes:
                path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        """The files that are there, but for those that go meanwhile."""
        with suppress(OSError):
            paths = [path for path in self.folder.iterdir() if path.suffix == SUFFIX]
            for path in paths:
                with suppress(OSError):
                    yield path, path.stat()


def key_of(*facts: str) -> str:
    """The key of what follows from the facts and from this package's code."""
    return hashlib.sha256(json.dumps([fingerprint(), *facts]).encode()).hexdigest()


def kept(make: Callable[[], bytes], *facts: str) -> bytes:
    """The bytes that `make` returns, from the user's cache where it has them.

    `facts` are all that they follow from, beside this package's code.
    """
    disk = DiskCache.of_user()
    if disk is None:
        return make()
    key = key_of(*facts)
    found = disk.get(key)
    if found is None:
        found = make()
        disk.put(key, found)
    return found
