"""Files that commands write beside their reply."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from autosched.files import check_not_read, write_whole


def check_file(path: Path, suffix: str, reading: Sequence[Path]) -> None:
    """Refuse a file with another suffix, without a folder, or that is read at the same time."""
    check_not_read(path, reading)
    if path.suffix != suffix:
        raise click.UsageError(f"expected a file to write that ends in {suffix}, got {path}")
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"expected a folder for {path.name}, got none at {path.parent}")


def write_file(path: Path, text: str) -> None:
    """Write a text to a file, whole or not at all."""
    try:
        write_whole(path, text)
    except OSError as error:
        raise click.UsageError(f"expected a file that can be written, got {error}") from error
