"""C code as LLVM IR, by the compiler of this machine.

Clang translates it. Another compiler makes assembly, which stands in the LLVM IR as it is: calls of
its functions are not inlined.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from autosched.errors import TargetError
from autosched.files import write_whole

CLANG = ("clang++", "clang")
OTHERS = ("g++", "c++", "gcc", "cc")
_AS_TEXT = ("-fPIC", "-fno-asynchronous-unwind-tables", "-fno-exceptions", "-g0")


def llvm_of_c(code: str, options: Sequence[str] = ()) -> str:
    """Return the LLVM IR of C or C++ code. Raises TargetError if no compiler takes it."""
    clang = _first(CLANG)
    compiler = clang or _first(OTHERS)
    if compiler is None:
        raise TargetError(
            "expected a C compiler on the path, got none", hint="install clang or gcc"
        )
    is_plus = Path(compiler).name.endswith("++")
    with TemporaryDirectory() as folder:
        source, result = (
            Path(folder) / ("code.cc" if is_plus else "code.c"),
            Path(folder) / "code.s",
        )
        write_whole(source, code if is_plus or clang else code.replace('extern "C"', "extern"))
        form = ("-emit-llvm",) if clang else _AS_TEXT
        command = [compiler, "-S", "-O3", *form, "-o", str(result), str(source), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = next((x for x in done.stderr.splitlines() if "error" in x), "no message")
            raise TargetError(f"expected {compiler} to translate the code, got an error: {last}")
        text = result.read_text()
    return text if clang else _as_llvm(text)


def _first(names: Sequence[str]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _as_llvm(assembly: str) -> str:
    """Return a module of assembly alone."""
    lines = assembly.replace("\\", "\\5C").replace('"', "\\22").replace("\t", " ").splitlines()
    return "".join(f'module asm "{line}"\n' for line in lines)
