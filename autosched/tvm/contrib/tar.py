"""Archives of files, as `export_library` writes for a name that ends in `.tar`."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from io import BytesIO
from os import PathLike
from pathlib import Path

from autosched.files import write_whole


def tar(output: str | PathLike[str], files: str | Sequence[str], **ignored: object) -> None:
    """Write an archive of files, each under its own name."""
    paths = [files] if isinstance(files, str) else files
    content = BytesIO()
    with tarfile.TarFile(fileobj=content, mode="w") as archive:
        for path in paths:
            archive.add(path, arcname=Path(path).name)
    write_whole(output, content.getvalue())


tar.output_format = "tar"  # type: ignore[attr-defined]
