"""The folder a measurer keeps its files in, and the end of those that killed ones have left."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from autosched.errors import MeasureError

_NAME = re.compile(r"autosched-(\d+)-")


def new_folder() -> Path:
    """An empty folder that names this process; those of processes that are gone are removed.

    Raises MeasureError where no folder can be made.
    """
    try:
        _remove_stale(Path(tempfile.gettempdir()))
        return Path(tempfile.mkdtemp(prefix=f"autosched-{os.getpid()}-"))
    except OSError as error:
        raise MeasureError(
            f"expected a place for temporary files, got: {error.strerror or error}",
            hint="set TMPDIR to a folder that can be written to",
        ) from error


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob("autosched-*"):
        owner = _NAME.match(folder.name)
        if owner and not _alive(int(owner[1])) and _own(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is somebody else's, or no number of a process
        return True
    return True


def _own(folder: Path) -> bool:
    """It is a folder of this user's, and no link to another."""
    try:
        return not folder.is_symlink() and folder.lstat().st_uid == os.getuid()
    except OSError:
        return False
