"""Temporary folders, as `tvm.contrib.utils` makes them."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory


class TempDirectory:
    """A folder that is removed when this object is, or at the end of a `with`."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self.temp_dir = self._folder.name

    def relpath(self, name: str) -> str:
        """Return the path of a file in the folder."""
        return os.path.join(self.temp_dir, name)

    def listdir(self) -> list[str]:
        """Return the names of the files in the folder."""
        return os.listdir(self.temp_dir)

    def remove(self) -> None:
        """Remove the folder and all in it."""
        self._folder.cleanup()

    def __enter__(self) -> TempDirectory:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def tempdir() -> TempDirectory:
    """Return a new temporary folder."""
    return TempDirectory()
