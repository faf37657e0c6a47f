"""Tests run alike whatever signals the process that starts them ignores or blocks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from hypothesis import settings

from tests.conftest import HANDLED

SIGNALS = [getattr(signal, name) for name in HANDLED if hasattr(signal, name)]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no signals to inherit")


def test_no_signal_is_ignored_or_blocked() -> None:
    assert not [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_what_the_parent_ignores_or_blocks_is_handled() -> None:
    code = (
        "import os, signal, sys\n"
        f"for number in {[int(number) for number in SIGNALS]}:\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider',\n"
        f"    {__file__ + '::' + test_no_signal_is_ignored_or_blocked.__name__!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_property_test_fails_for_the_time_it_takes() -> None:
    assert settings().deadline is None
