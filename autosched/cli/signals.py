"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ASKED_TO_END = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupted_by_requests_to_end() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGTERM and SIGHUP while the block runs.

    An ignored signal stays ignored: `nohup` keeps a run going without its terminal. Only the main
    thread can set handlers; in another thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = {number: signal.getsignal(number) for number in _ASKED_TO_END}
    changed = {number: known[number] for number in known if known[number] == signal.SIG_DFL}
    for number in changed:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)
