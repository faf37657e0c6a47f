"""The process that builds and runs candidates: `python -m autosched.measure.worker FD`.

It serves requests on the socket FD, one after another; see `channel`. Its reply is `ok` with a
value, `failed` with a kind and a reason if the candidate caused the failure, `lost` if the
files of its case are missing, or `bug` with a traceback if autosched caused it. `spoiled` says
that the process must not be used again. When the other end closes, the process ends with all
its descendants, even in the middle of a candidate.
"""

from __future__ import annotations

import os
import pkgutil
import select
import signal
import socket
import sys
import threading
import traceback

from autosched.measure.channel import Plain, Replies
from autosched.measure.descendants import adopt_descendants, end_descendants, has_children
from autosched.measure.memory import (
    collect_rarely,
    limit_growth,
    prefer_for_oom_kill,
    resident_bytes,
)
from autosched.measure.tasks import Lost, Refused, Tasks

_HANDLED_BY_THE_PARENT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOWN_LINES = 400
"""The maximum lines of a traceback; endless recursion has thousands."""


def main() -> None:
    for number in _HANDLED_BY_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    adopt_descendants()
    end = socket.socket(fileno=int(sys.argv[1]))
    _end_with_the_parent(end.fileno())
    prefer_for_oom_kill()
    replies = Replies(end)
    settings = replies.next()
    assert settings is not None, "the first request has the settings"
    kind: type[Tasks] = pkgutil.resolve_name(settings["tasks"])
    tasks = kind(settings["builder"], settings["memory_bytes"], settings["pin"])
    limit_growth(settings["memory_bytes"])
    collect_rarely()
    process = os.getpid()
    reply: Plain = {"ok": None}
    while True:
        replies.send({"spoiled": tasks.spoiled, **reply, "resident_bytes": resident_bytes()})
        request = replies.next()
        if request is None:
            return
        reply = reply_to(tasks, request)
        if os.getpid() != process:
            os._exit(1)  # a candidate has forked: the child must not reply
        if has_children():
            reply = {**_failed("crashed", "it started a process"), "spoiled": True}


def reply_to(tasks: Tasks, request: Plain) -> Plain:
    """Perform a request and return the reply to it."""
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
    """Return the exception in one line, then its traceback, shortened in the middle."""
    summary = "".join(traceback.format_exception_only(error)).partition("\n")[0]
    lines = "".join(traceback.format_exception(error)).splitlines()
    if len(lines) > _SHOWN_LINES:
        half = _SHOWN_LINES // 2
        lines[half:-half] = [f"  ... {len(lines) - 2 * half} lines ..."]
    text = "\n".join([summary, *lines])
    return text.encode("utf-8", "replace").decode()  # lone surrogates cannot be printed


def _end_with_the_parent(fd: int) -> None:
    """Exit as soon as the other end of the socket closes, even during a request."""

    def watch() -> None:
        poll = select.poll()
        poll.register(fd, 0)  # only POLLHUP
        poll.poll()
        end_descendants(os.getpid())
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
