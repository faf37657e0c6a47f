"""Links object files into this process."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autosched.codegen.machine import library as llvm
from autosched.codegen.machine.elf import NotSupportedError
from autosched.codegen.machine.loaded import LoadedCode
from autosched.codegen.machine.module import code_machine
from autosched.errors import InternalError
from autosched.target.target import Target


class LinkedCode:
    """The functions of object files that refer to each other. They live as long as this object.

    No two files may export one name. `releases` are functions without arguments, called at the
    end. `symbols` are addresses of functions that are called and in none of the files.
    """

    def __init__(
        self,
        files: Sequence[bytes],
        target: Target,
        releases: Iterable[str] = (),
        symbols: Mapping[str, int] | None = None,
    ):
        self._code = _code(files, target, symbols or {})
        found = [ctypes.CFUNCTYPE(None)(self.address(name)) for name in releases]
        if found:
            weakref.finalize(self, _release, found, self._code).atexit = False

    def address(self, name: str) -> int:
        """Return the address of an exported function."""
        address = self._code.address(name)
        if not address:
            raise InternalError(f"expected a function of the code, got {name!r}")
        return address

    def function(self, name: str, *kinds: Any) -> Callable[..., None]:
        """Return the C function `name`, whose parameters have these ctypes; it owns this code."""
        function = ctypes.CFUNCTYPE(None, *kinds)(self.address(name))
        function.code = self  # type: ignore[attr-defined]
        return function


class _LlvmCode:
    """The functions of object files, linked by LLVM."""

    def __init__(self, files: Iterable[bytes], target: Target, symbols: Mapping[str, int]):
        for name, address in symbols.items():
            llvm.add_symbol(name, address)
        machine = code_machine(target)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        for file in files:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(file))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        found: int = self._engine.get_function_address(name)
        return found


def _code(
    files: Sequence[bytes], target: Target, symbols: Mapping[str, int]
) -> LoadedCode | _LlvmCode:
    try:
        return LoadedCode(files, symbols)
    except NotSupportedError:
        return _LlvmCode(files, target, symbols)


def _release(releases: Sequence[Callable[[], None]], code: LoadedCode | _LlvmCode) -> None:
    """Free the working memory. The reference to `code` keeps it alive until then."""
    for release in releases:
        release()
