"""Calls the C compiler of this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from autosched.errors import TargetError


def get_cc() -> str | None:
    """Return the path of a C compiler, or None."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def create_shared(
    output: str, objects: str | Sequence[str], options: Sequence[str] | None = None,
    cc: str | None = None,
) -> None:  # fmt: skip
    """Link object files to a shared library. Raises TargetError where that fails."""
    compiler = cc or get_cc()
    if compiler is None:
        raise TargetError(
            "expected a C compiler to link a shared library, got none on the path",
            hint="save an object file instead, which load_module takes too",
        )
    inputs = [objects] if isinstance(objects, str) else list(objects)
    command = [compiler, "-shared", "-fPIC", "-o", output, *inputs, *(options or ())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise TargetError(f"expected {compiler} to link {output}, got an error: {last}")
