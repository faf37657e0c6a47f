"""Kernels in files: object files and shared libraries, which name their own arguments.

The code is position independent and serial, so that it needs nothing of the process that loads it.
A line of JSON among the constants has the signature.
"""

from __future__ import annotations

import ctypes
import json
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autosched.building import lower_program, program_text
from autosched.errors import ArgumentError, not_offered
from autosched.ir.expr import Var
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Signature
from autosched.schedule.schedule import Schedule
from autosched.target.target import Target
from autosched.te.tensor import Tensor

_MARK = b"autosched kernel: "


@dataclass(frozen=True)
class Library:
    """What a kernel is made of, to write its code to a file."""

    schedule: Schedule
    args: Sequence[Tensor | Var]
    target: Target
    name: str

    def object_file(self, takes: Sequence[str]) -> bytes:
        """Return an object file; `takes` are the names of the arguments of a call, in order."""
        from autosched.codegen.machine.imports import calls
        from autosched.codegen.machine.module import object_file

        program = lower_program(self.schedule, self.args, self.target, self.name)
        if calls([program.main], "python"):
            raise not_offered("saving a kernel that calls functions of Python", "call C functions")
        facts = {"signature": asdict(program.signature), "takes": list(takes)}
        text = program_text(program, self.target, threads=1, is_whole=True)
        text += _constant(_MARK + json.dumps(facts).encode())
        return object_file(text, self.target, program.imports)


def _constant(data: bytes) -> str:
    """Return a constant with these bytes and a zero, as LLVM text."""
    content = "".join(f"\\{byte:02X}" for byte in (*data, 0))
    return f'@autosched_kernel = constant [{len(data) + 1} x i8] c"{content}"\n'


def loaded(path: Path) -> tuple[Kernel, list[str]]:
    """Return the kernel in a file, and the names of the arguments of a call.

    Raises ArgumentError if there is no such file, or none that a module wrote.
    """
    try:
        data = _archived(path) if path.suffix == ".tar" else path.read_bytes()
    except (OSError, tarfile.TarError) as error:
        raise ArgumentError(f"expected a file with a kernel, got {error}") from None
    _, mark, rest = data.partition(_MARK)
    if not mark:
        raise ArgumentError(f"expected a file that a module wrote, got {path}")
    facts: dict[str, Any] = json.loads(rest.partition(b"\0")[0])
    signature = Signature.from_plain(facts["signature"])
    code, address = _linked(path, data, signature.name)
    return Kernel(signature, address, keepalive=code), facts["takes"]


def _archived(path: Path) -> bytes:
    """Return the object file in an archive; nothing if there is none."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".o") else None
            if file is not None:
                return file.read()
    return b""


def _linked(path: Path, data: bytes, name: str) -> tuple[object, int]:
    """Return the owner and the address of the function `name` of the file."""
    if path.suffix in (".o", ".obj", ".tar"):
        from autosched.codegen.machine.linked import LinkedCode

        code = LinkedCode([data], Target.host())
        return code, code.address(name)
    library = ctypes.CDLL(str(path.resolve()))
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    assert address is not None, "the symbol was found"
    return library, address
