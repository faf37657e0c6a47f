"""Archives of files, as `export_library` writes for a name that ends in `.tar`."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path

from autosched.files import beside


def tar(output: str | PathLike[str], files: str | Sequence[str], **ignored: object) -> None:
    """Write an archive of files, each under its own name."""
    paths = [files] if isinstance(files, str) else files
    with beside(fspath(output)) as place, tarfile.open(place, "w") as archive:
        for path in paths:
            archive.add(path, arcname=Path(path).name)


tar.output_format = "tar"  # type: ignore[attr-defined]
