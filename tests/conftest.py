"""What every test starts from."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from autosched.backends import kinds
from tests.properties import FIXED

HANDLED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2")


def handle_signals() -> None:
    """Undo what `nohup`, a job in the background or another parent ignores or blocks.

    Processes that tests start inherit it, and are sent signals to end them.
    """
    for name in HANDLED:
        number = getattr(signal, name, None)  # not every system has all of them
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            handler = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            signal.signal(number, handler)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


handle_signals()

os.environ["AUTOSCHED_CACHE"] = "off"  # no test finds what another, or the user, compiled

settings.load_profile(FIXED)


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third target is in the table while a test runs that names it."""
    from tests.backends.interpreter import ENTRY

    monkeypatch.setitem(kinds.KINDS, "interpreter", ENTRY)
