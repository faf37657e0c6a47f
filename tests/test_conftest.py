"""Tests run alike whatever signals their parent ignores, how busy the machine is, and each time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import HANDLED
from tests.properties import FIXED, SEARCH

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
    for name in (FIXED, SEARCH):
        profile = settings.get_profile(name)
        assert profile.deadline is None
        assert HealthCheck.too_slow in profile.suppress_health_check


@pytest.mark.parametrize("machine", ["own", "ci"])
def test_a_search_draws_other_and_more_examples(machine: str) -> None:
    code = (
        "from hypothesis import settings\n"
        "from tests.properties import FIXED, SEARCH, examples\n"
        "for name in (FIXED, SEARCH):\n"
        "    settings.load_profile(name)\n"
        "    print(name, examples(30).derandomize, examples(30).max_examples)\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    env |= {"CI": "true"} if machine == "ci" else {}
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=root
    )
    assert done.stdout.splitlines() == [f"{FIXED} True 30", f"{SEARCH} False 300"], done.stderr


def test_no_test_says_itself_how_examples_are_drawn() -> None:
    own = re.compile(r"\b(max_examples|derandomize|deadline)=")
    tests = Path(__file__).parent.rglob("test_*.py")
    assert not [path.name for path in tests if own.search(path.read_text())]
