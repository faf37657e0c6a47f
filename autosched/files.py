"""Writes files completely or not at all, and never over a file that is being read."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from autosched.errors import AutoschedError


@contextmanager
def beside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to, and rename it to `path` when the block ends without an error.

    The new file lies in the same folder; if the block raises or the process is killed, an older
    file stays unchanged. Links are followed and permissions kept. Anything but a regular file,
    such as a pipe, is written to directly. Raises OSError if `path` cannot be written.
    """
    wanted = Path(path)
    if wanted.exists() and not wanted.is_file():
        yield wanted
        return
    place = Path(os.path.realpath(wanted))
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(f"{wanted} may not be written")
    new = place.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield new
        with new.open("rb") as file:
            os.fsync(file.fileno())
        if place.exists():
            shutil.copymode(place, new)
        new.replace(place)
    except OSError as error:
        if str(error.filename) == str(new):
            error.filename = str(wanted)
        raise
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """Open a text file that replaces `path` at the end; see `beside`."""
    with beside(path) as place, place.open("w", encoding="utf-8") as file:
        yield file


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a text or bytes to `path` completely or not at all; see `beside`."""
    data = content.encode() if isinstance(content, str) else content
    with beside(path) as place:
        place.write_bytes(data)


def append_lines(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Write lines to the end of a file, which is made where there is none.

    A last line that was cut before its end is ended first.
    """
    with Path(path).open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write("".join(line + "\n" for line in lines).encode())


def check_not_read(path: Path, reading: Iterable[Path]) -> None:
    """Raise AutoschedError if `path` is one of the files that are read."""
    for other in reading:
        if path.exists() and other.exists() and path.samefile(other):
            raise AutoschedError(
                f"expected a file to write that is not read at the same time, got {path}",
                hint="name another file",
            )
