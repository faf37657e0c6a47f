"""Finds the clang of this machine, and lets it translate C to LLVM IR."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from autosched.errors import TargetError
from autosched.files import write_whole
from autosched.tvm.contrib.utils import tempdir


def find_clang(required: bool = True) -> list[str]:
    """Return the paths of clang, at most one. Raises TargetError if it is required and missing."""
    found = shutil.which("clang")
    if found is None and required:
        raise TargetError("expected clang on the path, got none")
    return [found] if found else []


def create_llvm(
    inputs: str | Sequence[str], output: str | None = None, options: Sequence[str] | None = None
) -> str:
    """Return the LLVM IR of C code, given as text or as files. Raises TargetError."""
    (compiler,) = find_clang()
    with tempdir() as temp:
        path = output or temp.relpath("code.ll")
        source = temp.relpath("code.cc")
        if isinstance(inputs, str):
            write_whole(source, inputs)
        files = [source] if isinstance(inputs, str) else list(inputs)
        command = [compiler, "-S", "-emit-llvm", "-O3", "-o", path, *files, *(options or ())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise TargetError(f"expected {compiler} to translate the code, got an error: {last}")
        return Path(path).read_text()
