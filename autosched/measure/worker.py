"""The process that builds and runs candidates: `python -m autosched.measure.worker FD`.

It serves one JSON request after the other on the socket FD. It replies `ok` with a value,
`failed` with a kind and a reason where the candidate is to blame, `lost` where it holds no
such build, or `bug` with a traceback where we are. It ends when the other end closes, even
in the middle of a candidate that does not end.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

from autosched.measure.backend import named
from autosched.measure.memory import limit_growth, resident_bytes, volunteer_for_the_oom_killer
from autosched.measure.tasks import Lost, Refused, Tasks

Plain = dict[str, Any]


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    connection = Connection(int(sys.argv[1]))
    _end_with_the_parent(connection.fileno())
    volunteer_for_the_oom_killer()
    settings = json.loads(connection.recv_bytes())
    kind: type[Tasks] = named(settings["tasks"])
    tasks = kind(settings["backend"], settings["memory_bytes"], settings["pin"])
    limit_growth(settings["memory_bytes"])
    gc.freeze()  # what was imported stays: no search for garbage needs to go through it
    _send(connection, {"ok": None})
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:
            return
        _send(connection, _reply(tasks, request))


def _reply(tasks: Tasks, request: Plain) -> Plain:
    try:
        return {"ok": tasks.perform(**request)}
    except Lost:
        return {"lost": True}
    except MemoryError as error:
        return _failed("out_of_memory", str(error) or "an allocation failed")
    except Refused as error:
        return _failed("build_error", str(error))
    except Exception:
        return {"bug": traceback.format_exc()}


def _failed(kind: str, reason: str) -> Plain:
    return {"failed": kind, "reason": reason}


def _send(connection: Connection, reply: Plain) -> None:
    connection.send_bytes(json.dumps({**reply, "resident_bytes": resident_bytes()}).encode())


def _end_with_the_parent(fd: int) -> None:
    """Leave as soon as the other end of the socket closes, whatever this process is at."""

    def watch() -> None:
        poll = select.poll()
        poll.register(fd, 0)  # only that it was closed
        poll.poll()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
