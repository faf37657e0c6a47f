"""The process that builds and runs candidates: `python -m autosched.measure.worker FD`.

It serves one request after the other on the socket FD; see `channel`. It replies `ok` with a
value, `failed` with a kind and a reason where the candidate is to blame, `lost` where the
files of its case are gone, or `bug` with a traceback where we are. `spoiled` says that the
process is not to be used again. It ends, with all that it has started, when the other end
closes, even in the middle of a candidate that does not end.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import threading
import traceback

from autosched.measure.backend import named
from autosched.measure.channel import Plain, Replies
from autosched.measure.family import become_head, end_descendants, has_children
from autosched.measure.memory import limit_growth, resident_bytes, volunteer_for_the_oom_killer
from autosched.measure.tasks import Lost, Refused, Tasks

_HANDLED_BY_THE_PARENT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOWN_LINES = 400
"""Of a traceback: one of endless recursion has thousands."""


def main() -> None:
    for number in _HANDLED_BY_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    become_head()
    end = socket.socket(fileno=int(sys.argv[1]))
    _end_with_the_parent(end.fileno())
    volunteer_for_the_oom_killer()
    replies = Replies(end)
    settings = replies.next()
    assert settings is not None, "the first request has the settings"
    kind: type[Tasks] = named(settings["tasks"])
    tasks = kind(settings["backend"], settings["memory_bytes"], settings["pin"])
    limit_growth(settings["memory_bytes"])
    gc.freeze()  # what was imported stays: no search for garbage needs to go through it
    process = os.getpid()
    reply: Plain = {"ok": None}
    while True:
        replies.send({"spoiled": tasks.spoiled, **reply, "resident_bytes": resident_bytes()})
        request = replies.next()
        if request is None:
            return
        reply = _reply(tasks, request)
        if os.getpid() != process:
            os._exit(1)  # what a candidate made of this process must not answer for it
        if has_children():
            reply = {**_failed("crashed", "it started a process"), "spoiled": True}


def _reply(tasks: Tasks, request: Plain) -> Plain:
    try:
        return {"ok": tasks.perform(**request)}
    except Lost:
        return {"lost": True}
    except MemoryError as error:
        return _failed("out_of_memory", str(error) or "an allocation failed")
    except Refused as error:
        return _failed("build_error", str(error))
    except Exception as error:
        return {"bug": traced(error)}


def _failed(kind: str, reason: str) -> Plain:
    return {"failed": kind, "reason": reason}


def traced(error: Exception) -> str:
    """The exception in a line, then its traceback, without the middle of a very long one."""
    summary = "".join(traceback.format_exception_only(error)).partition("\n")[0]
    lines = "".join(traceback.format_exception(error)).splitlines()
    if len(lines) > _SHOWN_LINES:
        half = _SHOWN_LINES // 2
        lines[half:-half] = [f"  ... {len(lines) - 2 * half} lines ..."]
    text = "\n".join([summary, *lines])
    return text.encode("utf-8", "replace").decode()  # halves of characters cannot be printed


def _end_with_the_parent(fd: int) -> None:
    """Leave as soon as the other end of the socket closes, whatever this process is at."""

    def watch() -> None:
        poll = select.poll()
        poll.register(fd, 0)  # only that it was closed
        poll.poll()
        end_descendants(os.getpid())
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
