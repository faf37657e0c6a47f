"""One worker process, from the parent's side: started, asked, killed, and why it died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any

from autosched.config import child_environment
from autosched.errors import MeasureError
from autosched.measure.options import MeasureOptions
from autosched.measure.outcome import Kind

Plain = dict[str, Any]

_TAIL_BYTES = 2000
_OUT_OF_MEMORY = ("out of memory", "bad_alloc", "cannot allocate memory")


@dataclass(frozen=True)
class Failure:
    """Why a request has no value, where the candidate is to blame."""

    kind: Kind
    reason: str


class Died(Exception):
    """The process ended, or was ended, in the middle of a request."""

    def __init__(self, failure: Failure):
        super().__init__(failure.reason)
        self.failure = failure


class WorkerProcess:
    """A worker, in a session of its own so that Ctrl-C does not reach it; first `begin`.

    Its standard output and error go to a file of which `Died` quotes the end.
    """

    def __init__(self, options: MeasureOptions):
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self._connection, far_end = Pipe()
        with far_end:
            self._process = self._start(far_end, options)
        self.requests = 0
        self.first_bytes = 0
        self.resident_bytes = 0
        self._options = options

    def begin(self) -> None:
        """Wait until it is ready. Raises MeasureError where it ends before that."""
        options = self._options
        settings = {
            "tasks": options.tasks,
            "backend": options.backend,
            "memory_bytes": options.memory_bytes,
            "pin": options.pin,
        }
        try:
            self.ask(settings, options.start_timeout_s)
        except Died as died:
            raise MeasureError(
                f"expected a measuring process to start, got one that {died.failure.reason}"
            ) from died
        self.first_bytes = self.resident_bytes

    def ask(self, request: Plain, deadline_s: float) -> Plain:
        """The reply to a request. Raises Died, the process being gone, where there is none."""
        self.requests += 1
        position = os.fstat(self._output.fileno()).st_size
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            if not self._connection.poll(deadline_s):
                self.kill()
                what = request.get("task", "start")
                raise Died(Failure("timeout", f"the {what} took more than {deadline_s:g} s"))
            reply: Plain = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise Died(self._cause(position)) from error
        self.resident_bytes = reply["resident_bytes"]
        self.first_bytes = self.first_bytes or self.resident_bytes
        return reply

    def interrupt(self) -> None:
        """End it from another thread than the one that asks it, which then sees it die."""
        self._process.kill()

    def kill(self) -> None:
        """End it, whatever it is at; nothing where it has ended."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._output.close()

    def _start(self, far_end: Connection, options: MeasureOptions) -> subprocess.Popen[bytes]:
        # -P: a file in the working directory must not stand in for a module.
        command = [sys.executable, "-P", "-m", "autosched.measure.worker", str(far_end.fileno())]
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # One BLAS thread: its idle ones would spin beside what is being timed.
        environment = child_environment(PYTHONPATH=path, OPENBLAS_NUM_THREADS="1")
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                env=environment,
                pass_fds=[far_end.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            raise MeasureError(f"expected to start {sys.executable!r}, got {error}") from error

    def _cause(self, position: int) -> Failure:
        """Why the process ended by itself, from its status and what it last wrote."""
        status = self._process.wait()
        tail = self._tail(position)
        self.kill()
        said = f": {tail}" if tail else ""
        if any(sign in tail.lower() for sign in _OUT_OF_MEMORY):
            return Failure("out_of_memory", f"the process ended for want of memory{said}")
        if status == -signal.SIGKILL:
            return Failure("out_of_memory", "the system killed the process, most likely for memory")
        if status < 0:
            return Failure("crashed", f"{signal_name(-status)}{said}")
        return Failure("crashed", f"ended with status {status}{said}")

    def _tail(self, position: int) -> str:
        fd = self._output.fileno()
        start = max(position, os.fstat(fd).st_size - _TAIL_BYTES)
        return os.pread(fd, _TAIL_BYTES, start).decode(errors="replace").strip()


def signal_name(number: int) -> str:
    """As in `SIGSEGV`; most real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
