"""Where LLVM compiles what becomes part of a network: in this process, or in one of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from autosched.codegen.machine.module import MAKERS
from autosched.target.target import Target

if TYPE_CHECKING:
    from autosched.codegen.machine.compiler import Compiler


class _Scopes:
    """How many ask for a process of its own, and the process, once there is something to do."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0
        self.compiler: Compiler | None = None

    def enter(self) -> None:
        with self.lock:
            self.count += 1

    def leave(self, is_done: bool) -> None:
        """End a context; the last one ends the process: after all requests if it `is_done`."""
        with self.lock:
            self.count -= 1
            ended, self.compiler = (None, self.compiler) if self.count else (self.compiler, None)
        if ended is not None:
            ended.close(cancel=not is_done)

    def asked(
        self, maker: str, text: str, target: Target, imports: Sequence[str]
    ) -> Future[bytes] | None:
        """The object file to come; None where LLVM is to be called in this process."""
        with self.lock:
            if not self.count or "llvmlite.binding" in sys.modules:
                return None
            try:
                from autosched.codegen.machine.compiler import Compiler  # late: rarely needed

                self.compiler = self.compiler or Compiler()
                return self.compiler.file(maker, text, target, imports)
            except (OSError, RuntimeError):  # the latter after the end of the main thread
                return None


_scopes = _Scopes()


@contextmanager
def compiling_apart() -> Iterator[None]:
    """Compile in another process within this context, for all threads.

    Where LLVM is in this process already, it is called here.
    """
    scopes = _scopes
    scopes.enter()
    try:
        yield
    except BaseException:
        scopes.leave(is_done=False)
        raise
    scopes.leave(is_done=True)


def file_later(maker: str, text: str, target: Target, imports: Sequence[str] = ()) -> Future[bytes]:
    """Return the object file to come that a function of MAKERS makes of LLVM text.

    Raises InternalError for text that LLVM refuses, or its result CodegenError.
    """
    found = _scopes.asked(maker, text, target, imports)
    if found is None:
        found = Future()
        found.set_result(MAKERS[maker](text, target, imports))
    return found


def _begin_anew() -> None:
    """Leave the process to the parent."""
    global _scopes
    _scopes = _Scopes()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
