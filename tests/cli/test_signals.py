"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading

import pytest

from autosched.cli.signals import interrupted_by_requests_to_end

NUMBERS = [signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_request_to_end_is_an_interrupt(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_by_requests_to_end():
        signal.raise_signal(number)
    assert signal.getsignal(number) == signal.SIG_DFL


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_ignored_stays_so(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with interrupted_by_requests_to_end():
            signal.raise_signal(number)
    finally:
        signal.signal(number, before)


def test_other_threads_set_no_handlers() -> None:
    seen = []

    def enter() -> None:
        with interrupted_by_requests_to_end():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
