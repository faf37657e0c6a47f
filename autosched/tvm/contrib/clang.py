"""Finds the clang of this machine, and lets it translate C to LLVM IR."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from autosched.codegen.machine.c_code import llvm_of_c
from autosched.errors import TargetError
from autosched.files import write_whole


def find_clang(required: bool = True) -> list[str]:
    """Return the paths of clang, at most one. Raises TargetError if it is required and missing."""
    found = shutil.which("clang")
    if found is None and required:
        raise TargetError("expected clang on the path, got none")
    return [found] if found else []


def create_llvm(
    inputs: str | Sequence[str], output: str | None = None, options: Sequence[str] | None = None
) -> str:
    """Return the LLVM IR of C code, given as text or as files. Raises TargetError.

    Without clang, another compiler translates it, and its functions are not inlined.
    """
    texts = [inputs] if isinstance(inputs, str) else [Path(each).read_text() for each in inputs]
    made = llvm_of_c("\n".join(texts), options or ())
    if output is not None:
        write_whole(output, made)
    return made
