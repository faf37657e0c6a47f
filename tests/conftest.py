"""What every test starts from."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from autosched.backends import kinds

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

# How long an example takes says how busy the machine is, and decides nothing.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNTIMED = settings.get_profile("untimed")
# Every run has the same examples, so that no change fails by the luck of the draw.
settings.register_profile("fixed", UNTIMED, derandomize=True)
settings.register_profile("search", UNTIMED, max_examples=10 * UNTIMED.max_examples)
settings.load_profile("fixed")


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third target is in the table while a test runs that names it."""
    from tests.backends.interpreter import ENTRY

    monkeypatch.setitem(kinds.KINDS, "interpreter", ENTRY)
