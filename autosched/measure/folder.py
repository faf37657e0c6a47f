"""The temporary folder of a measurer; folders of killed measurers are removed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from autosched.errors import MeasureError

_NAME = re.compile(r"autosched-(\d+)-")


def new_folder() -> Path:
    """Create an empty folder with this process's number in its name.

    The folders of processes that have ended are removed. Raises MeasureError if no folder can
    be created.
    """
    try:
        _remove_stale(Path(tempfile.gettempdir()))
        return Path(tempfile.mkdtemp(prefix=f"autosched-{os.getpid()}-"))
    except OSError as error:
        raise MeasureError(
            f"expected a folder for temporary files, got: {error.strerror or error}",
            hint="set TMPDIR to a writable folder",
        ) from error


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob("autosched-*"):
        owner = _NAME.match(folder.name)
        if owner and not _is_running(int(owner[1])) and _is_ours(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's process, or not a process number
        return True
    return True


def _is_ours(folder: Path) -> bool:
    """Return whether this user owns the folder, and it is not a symbolic link."""
    try:
        return not folder.is_symlink() and folder.lstat().st_uid == os.getuid()
    except OSError:
        return False
