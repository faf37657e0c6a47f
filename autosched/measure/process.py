"""The parent's side of a worker process: starts it, sends requests, explains why it ended."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from autosched.config import child_environment
from autosched.errors import MeasureError
from autosched.measure.channel import Garbled, Plain, Requests
from autosched.measure.descendants import end_group, is_stopped
from autosched.measure.memory import oom_kills
from autosched.measure.options import MeasureOptions
from autosched.measure.outcome import Kind

_TAIL_BYTES = 4000
_OUT_OF_MEMORY = ("out of memory", "bad_alloc", "cannot allocate memory")
_FAULTS = {
    getattr(signal, f"SIG{name}", None)
    for name in ("SEGV", "BUS", "ILL", "FPE", "ABRT", "TRAP", "SYS", "XCPU", "STKFLT")
}
"""Signals that the candidate's own code causes; others come from outside."""

_EXIT_TIMEOUT_S = 5.0
"""The time that a process may take to end after it has closed its socket."""


@dataclass(frozen=True)
class Failure:
    """Why a request failed, on the assumption that the candidate caused it."""

    kind: Kind
    reason: str


class Died(Exception):
    """The process ended, or was killed, during a request.

    `is_doubtful` says that the request may not be the cause: the process was killed or stopped
    from outside, or an earlier request may have damaged it.
    """

    def __init__(self, failure: Failure, is_doubtful: bool = False):
        super().__init__(failure.reason)
        self.failure = failure
        self.is_doubtful = is_doubtful


class WorkerProcess:
    """A worker process; call `begin` first.

    It has its own session, so that Ctrl-C does not reach it. Its standard output and error go
    to a file; `Died` quotes the end of it. The processes that it starts end with it.
    """

    def __init__(self, options: MeasureOptions):
        self._output = _output_file()
        near, far = socket.socketpair()
        with far:
            self._process = self._start(far, options)
        self._ended = _exit_descriptor(self._process.pid)
        self._requests = Requests(near, self._ended)
        self._ending = threading.Lock()
        self._oom_kills = oom_kills()
        self._heard_bytes = 0
        self.requests = 0
        self.first_bytes = 0
        self.resident_bytes = 0
        self._options = options

    def begin(self) -> None:
        """Wait until the process is ready. Raises Died if it ends before."""
        options = self._options
        settings = {
            "tasks": options.tasks,
            "builder": options.builder,
            "memory_bytes": options.memory_bytes,
            "pin": options.pin,
        }
        self.ask(settings, options.start_timeout_s)
        self.first_bytes = self.resident_bytes

    def ask(self, request: Plain, deadline_s: float) -> Plain:
        """Send a request and return its reply. Without a reply, end the process and raise Died."""
        self.requests += 1
        what = request.get("task", "start")
        try:
            reply = self._requests.ask(request, deadline_s)
            self.resident_bytes = reply["resident_bytes"]
        except TimeoutError:
            failure = Failure("timeout", f"the {what} took more than {deadline_s:g} s")
            died = Died(failure, is_doubtful=is_stopped(self._process.pid))
            self.kill()
            raise died from None
        except Garbled as error:
            self.kill()
            reason = f"expected a reply from the {what}, got {error}"
            raise Died(Failure("crashed", reason)) from error
        except (EOFError, OSError) as error:
            raise self._death(what) from error
        self._heard_bytes = self._output_bytes()
        return reply

    def interrupt(self) -> None:
        """Kill the process from another thread; the thread that waits in `ask` gets Died."""
        with self._ending:
            if self._process.returncode is None:  # otherwise its number may be reused
                end_group(self._process.pid)

    def kill(self) -> None:
        """Kill the process and its descendants, and free its resources."""
        self.interrupt()
        with self._ending:
            self._process.wait()
        self._requests.close()
        self._output.close()
        if self._ended is not None:
            os.close(self._ended)
            self._ended = None

    def _start(self, far: socket.socket, options: MeasureOptions) -> subprocess.Popen[bytes]:
        # -P: a file in the working directory must not replace a module.
        command = [sys.executable, "-P", "-m", "autosched.measure.worker", str(far.fileno())]
        # One BLAS thread: idle ones would spin beside the timed kernel.
        environment = child_environment(OPENBLAS_NUM_THREADS="1")
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                env=environment,
                pass_fds=[far.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            raise MeasureError(f"expected to start {sys.executable!r}, got {error}") from error

    def _death(self, what: str) -> Died:
        """Explain why the process ended by itself, from its exit status and last output."""
        if not self._has_ended():
            self.kill()
            return Died(Failure("crashed", f"closed the connection in the {what} without ending"))
        self.interrupt()
        with self._ending:
            status = self._process.wait()
        tail = self._tail()
        self.kill()
        output = f": {tail}" if tail else ""
        if any(sign in tail.lower() for sign in _OUT_OF_MEMORY):
            return Died(Failure("out_of_memory", f"the {what} ran out of memory{output}"))
        if status == -signal.SIGKILL:
            reason = f"the system killed the process in the {what}, most likely for memory"
            for_memory = oom_kills() > self._oom_kills
            return Died(Failure("out_of_memory", reason), is_doubtful=not for_memory)
        if status < 0:
            failure = Failure("crashed", f"{signal_name(-status)} in the {what}{output}")
            return Died(failure, is_doubtful=-status not in _FAULTS or self._is_used)
        failure = Failure("crashed", f"the {what} ended with status {status}{output}")
        return Died(failure, is_doubtful=self._is_used)

    @property
    def _is_used(self) -> bool:
        """Whether the process served a request before the last one; the settings do not count."""
        return self.requests > 2

    def _has_ended(self) -> bool:
        if self._ended is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_EXIT_TIMEOUT_S)
            return self._process.returncode is not None
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        return bool(poll.poll(_EXIT_TIMEOUT_S * 1e3))

    def _tail(self) -> str:
        """Return the end of the process's output since its last reply."""
        start = max(self._heard_bytes, self._output_bytes() - _TAIL_BYTES)
        return os.pread(self._output.fileno(), _TAIL_BYTES, start).decode(errors="replace").strip()

    def _output_bytes(self) -> int:
        return os.fstat(self._output.fileno()).st_size


def _output_file() -> IO[bytes]:
    """Return a file without a name, in memory if the system supports that."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("autosched-worker"), "w+b")
    return tempfile.TemporaryFile()


def _exit_descriptor(process: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends; None if unsupported."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None


def signal_name(number: int) -> str:
    """Return the name of a signal, such as `SIGSEGV`; without a name, "signal" and its number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
