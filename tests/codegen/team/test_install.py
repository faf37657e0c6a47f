"""The team in a process: forked, ended, out of memory, interrupted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autosched.errors import SettingsError
from autosched.measure.local import LocalMeasurer
from tests.codegen.team.harness import run_python

BOTH = """
import threading, time
from tests.codegen.team.harness import parallel

def who_comes(threads=2):
    end = time.monotonic() + 60
    while time.monotonic() < end:  # for a while no loop is shared on a busy machine
        found = who_came(threads)
        if len(found) == threads:
            break
    return found

def who_came(threads):
    both = threading.Barrier(threads)
    calls = [0] * threads
    def share(low, high, member):
        calls[member] += 1
        if member == 0 and calls[0] == 1:
            time.sleep(0.01)  # it takes time: those who sleep are woken
        elif calls[member] == (2 if member == 0 else 1):
            both.wait(60)
    parallel(share, 0, 100, threads)
    return [member for member in range(threads) if calls[member]]
"""
"""`who_comes()`: the members of a loop in which each waits for all others."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_a_forked_process_starts_threads_of_its_own() -> None:
    code = BOTH + (
        "import os\n"
        "assert who_comes() == [0, 1]\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(0 if who_comes() == [0, 1] else 3)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert who_comes() == [0, 1]\n"
    )
    run_python(code)


def test_a_process_is_forked_while_a_loop_is_under_way() -> None:
    code = BOTH + (
        "import os\n"
        "inside, leave = threading.Event(), threading.Event()\n"
        "def share(low, high, member):\n"
        "    inside.set()\n"
        "    leave.wait(60)\n"
        "caller = threading.Thread(target=parallel, args=(share, 0, 4, 2))\n"
        "caller.start()\n"
        "inside.wait(60)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(0 if who_comes() == [0, 1] else 3)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "leave.set()\n"
        "caller.join()\n"
        "assert who_comes() == [0, 1]\n"
    )
    run_python(code)


@pytest.mark.parametrize("wait_us", [0, 1_000_000_000])
def test_a_process_ends_whatever_its_threads_do(wait_us: int) -> None:
    run_python(BOTH + "assert who_comes(3) == [0, 1, 2]", AUTOSCHED_THREAD_WAIT=str(wait_us))


def test_a_process_ends_in_the_middle_of_loops() -> None:
    code = (
        "import ctypes, threading, time\n"
        "from tests.codegen.team.harness import hammer\n"
        "data = (ctypes.c_int64 * 64)()\n"
        "hammer(data, 64, 2, 1)\n"
        "forever = threading.Thread(target=hammer, args=(data, 64, 2, 1 << 60), daemon=True)\n"
        "forever.start()\n"
        "while data[0] < 1000: time.sleep(0)\n"
    )
    run_python(code)


@linux
def test_a_thread_that_the_system_refuses_is_done_without_and_asked_for_again() -> None:
    code = BOTH + (
        "import ctypes, resource\n"
        "from tests.codegen.team.harness import hammer\n"
        "data = (ctypes.c_int64 * 64)()\n"
        "hammer(data, 64, 1, 1)\n"
        "def hold(limit):\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "hold(pages * resource.getpagesize() + (2 << 20))\n"
        "found = []\n"
        "parallel(lambda low, high, member: found.append(member), 0, 100, 2)\n"
        "assert set(found) == {0}, found\n"
        "hammer(data, 64, 2, 1000)\n"
        "assert set(data) == {1001}\n"
        "hold(resource.RLIM_INFINITY)\n"
        "assert who_comes() == [0, 1]\n"
    )
    run_python(code)


THREADS = (
    BOTH
    + """
from pathlib import Path
before = set(Path("/proc/self/task").iterdir())
who_comes()
(thread,) = set(Path("/proc/self/task").iterdir()) - before
def status(name):
    lines = (thread / "status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(name + ":"))
"""
)


@linux
def test_signals_are_left_to_the_threads_of_python() -> None:
    blocked = int(run_python(THREADS + "print(status('SigBlk'))"), 16)
    for signal in (1, 2, 10, 14, 15):  # HUP, INT, USR1, ALRM, TERM
        assert blocked >> (signal - 1) & 1


@linux
@pytest.mark.parametrize("wait_us", [0, 100])
def test_idle_threads_sleep(wait_us: int) -> None:
    code = THREADS + "import time\nwhile status('State') != 'S': time.sleep(0.01)"
    run_python(code, AUTOSCHED_THREAD_WAIT=str(wait_us))


@linux
def test_threads_may_run_on_all_cores_again_after_they_were_woken() -> None:
    """A thread wakes up on another core than the caller's; the restriction does not last."""
    code = THREADS + (
        "import os, time\n"
        "mask = format(sum(1 << core for core in os.sched_getaffinity(0)), 'x')\n"
        "for _ in range(5):\n"
        "    while status('State') != 'S': time.sleep(0.01)\n"
        "    who_comes()\n"
        "    while status('State') != 'S': time.sleep(0.01)\n"
        "    assert status('Cpus_allowed').replace(',', '').lstrip('0') == mask\n"
    )
    run_python(code)


@linux
def test_a_thread_is_woken_where_only_one_core_is_allowed() -> None:
    run_python("import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n" + THREADS)


def test_a_setting_without_meaning_is_told() -> None:
    code = (
        "from tests.codegen.team.harness import parallel\n"
        "from autosched.errors import SettingsError\n"
        "try:\n"
        "    parallel(lambda *_: None, 0, 1, 1)\n"
        "except SettingsError as error:\n"
        "    print(error.message)"
    )
    assert "whole number of microseconds" in run_python(code, AUTOSCHED_THREAD_WAIT="long")


def test_it_is_told_before_candidates_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSCHED_THREAD_WAIT", "long")
    with pytest.raises(SettingsError, match="whole number of microseconds"):
        LocalMeasurer("cpu", threads=2)


def test_no_team_is_made_for_kernels_without_parallel_loops() -> None:
    code = (
        "import sys, autosched\n"
        "autosched.build('matmul', m=8, n=8, k=8, threads=1)\n"
        "assert 'autosched.codegen.team.install' not in sys.modules"
    )
    run_python(code, AUTOSCHED_DB=str(Path("nowhere.db")))
