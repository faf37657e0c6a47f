"""The identity of this package's code: what it computes may change when the code does."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

ABOVE = {"cli", "frontend", "graph", "tvm"}
"""The parts of the package that say which kernels there are, but not how one is made."""


@cache
def fingerprint() -> str:
    """A hash of the sources that make kernels and of the version of LLVM.

    It is the same in every process. It reads every file, so that an edited one counts at once:
    10 ms for 500 files.
    """
    from llvmlite import __version__  # late: little of LLVM, but what imports this may do without

    found = hashlib.sha256(__version__.encode())
    for path in _sources(Path(__file__).parent):
        with open(path, "rb", buffering=0) as file:
            found.update(file.read())
    return found.hexdigest()


def _sources(folder: Path) -> list[str]:
    """The sources of kernels in the package, whose parts may be links to folders outside of it."""
    found = []
    for place, folders, names in os.walk(folder, followlinks=True):
        if place == str(folder):
            folders[:] = [name for name in folders if name not in ABOVE]
        found += [os.path.join(place, name) for name in names if name.endswith(".py")]
    return sorted(found)
