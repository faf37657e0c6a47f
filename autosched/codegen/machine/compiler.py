"""LLVM in a process of its own, which takes its memory with it when it ends.

A request is JSON: a name of MAKERS, a target and texts. The answer is an object file after a plus,
or what went wrong after a minus.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe

from autosched.codegen.machine.module import MAKERS
from autosched.config import child_environment, child_python
from autosched.errors import CodegenError
from autosched.target.target import Target

_MADE, _FAILED = b"+", b"-"

TRIES = 2
"""Processes that compile a text, where something ends the first: the system may lack memory."""


class Compiler:
    """The process, which compiles one text after the other while this one does something else.

    Where something ends it, another one goes on. Raises OSError where it cannot be started.
    """

    def __init__(self) -> None:
        self._begin()
        self._thread = ThreadPoolExecutor(1, "autosched-compiler")

    def _begin(self) -> None:
        self._end, far = Pipe()
        with far:
            command = child_python("-m", __name__, str(far.fileno()))
            if command is None:
                raise OSError("expected a program of Python")
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # a module of the user's site may print
                env=child_environment(),
                pass_fds=[far.fileno()],
                start_new_session=True,  # Ctrl-C is for this process
            )

    def file(
        self, maker: str, text: str, target: Target, imports: Sequence[str] = ()
    ) -> Future[bytes]:
        """Return the object file to come. Its result raises CodegenError where there is none.

        Where the process could not begin, this one compiles.
        """
        return self._thread.submit(self._file, maker, text, target, imports)

    def close(self, *, cancel: bool = False) -> None:
        """End the process after all requests, or with `cancel` after the one that it is at."""
        self._thread.shutdown(cancel_futures=cancel)
        self._end.close()
        self._process.kill()  # a process that was forked meanwhile may hold the end open
        self._process.wait()

    def _file(self, maker: str, text: str, target: Target, imports: Sequence[str]) -> bytes:
        request = json.dumps([maker, str(target), text, imports]).encode()
        for _ in range(TRIES):
            try:
                self._end.send_bytes(request)
                return _made(self._end.recv_bytes())
            except (EOFError, OSError):
                if self._process.wait() > 0:  # no signal: Python or this package did not load
                    return MAKERS[maker](text, target, imports)
                self._end.close()
                self._begin()
        raise CodegenError("expected LLVM to compile, got the end of its process")


def _made(reply: bytes) -> bytes:
    if not reply.startswith(_MADE):
        raise CodegenError(f"expected LLVM to compile, got {reply[1:].decode()}")
    return reply[1:]


def serve(end: Connection) -> None:
    """Answer requests until the other process closes its end, or ends."""
    with suppress(EOFError, OSError):
        while True:
            end.send_bytes(_reply(*json.loads(end.recv_bytes())))


def _reply(maker: str, target: str, text: str, imports: Sequence[str]) -> bytes:
    try:
        return _MADE + MAKERS[maker](text, Target.parse(target), imports)
    except Exception as error:
        return _FAILED + f"{type(error).__name__}: {error}".encode()


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
