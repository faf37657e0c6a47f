"""Links object files into this process."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Iterable, Sequence

import llvmlite.binding as llvm

from autosched.codegen.machine.module import code_machine
from autosched.errors import InternalError
from autosched.target.target import Target


class LinkedCode:
    """The functions of object files that refer to each other. They live as long as this object.

    No two files may export one name. `releases` are functions without arguments, called at the
    end.
    """

    def __init__(self, files: Iterable[bytes], target: Target, releases: Iterable[str] = ()):
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), code_machine(target))
        for file in files:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(file))
        self._engine.finalize_object()
        found = [ctypes.CFUNCTYPE(None)(self.address(name)) for name in releases]
        if found:
            weakref.finalize(self, _release, found, self._engine).atexit = False

    def address(self, name: str) -> int:
        """Return the address of an exported function."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise InternalError(f"expected a function of the code, got {name!r}")
        return address


def _release(releases: Sequence[Callable[[], None]], engine: llvm.ExecutionEngine) -> None:
    """Free the working memory. The reference to `engine` keeps the code alive until then."""
    for release in releases:
        release()
