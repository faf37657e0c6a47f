"""Tells whether the cores of this machine are at full speed when all of them work.

The cores of a virtual machine may be two threads of one core of its host, and then two threads of
ours take as long as one does. The host chooses when a core wakes up: of blocks of 10 ms on two
cores of a Zen 4, after pauses of 5 ms a fifth ran at half the speed, and without pauses none.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from autosched.measure.peak import MultiplyAdds
from autosched.target.target import Target

FULL = 0.75
"""The least share of the speed of one core alone: with all at work, clocks may be slower."""

MOST_SECONDS = 1.0
"""How long cores are kept at work so that the host places them anew."""

MOST_IN_VAIN = 4
"""After so many of these without success, the cores are taken to share one."""

PROBE_SECONDS = 0.003


class Cores:
    """Cores that should be at full speed. `rates` has all of them work, and returns their speeds.

    `alone` is the speed of one while the others do nothing.
    """

    def __init__(self, rates: Callable[[], Sequence[float]], alone: float):
        self._rates = rates
        self._full = FULL * alone
        self._in_vain = 0

    def are_apart(self) -> bool:
        """Return whether all are at full speed now, or this was waited for in vain too often."""
        return self._in_vain >= MOST_IN_VAIN or min(self._rates()) >= self._full

    def part(self) -> None:
        """Keep all at work until they are at full speed, or for `MOST_SECONDS`."""
        end = time.monotonic() + MOST_SECONDS
        while not self.are_apart():
            if time.monotonic() > end:
                self._in_vain += 1
                return
        if self._in_vain < MOST_IN_VAIN:
            self._in_vain = 0


def cores_for(threads: int) -> Cores | None:
    """Return the cores that so many threads should have; None for one thread.

    Also None where a thread cannot choose its core, and where there are not so many. Of those that
    the system knows to be threads of one core, one counts.
    """
    if threads < 2 or not hasattr(os, "sched_setaffinity"):
        return None
    allowed = list({_siblings(core): core for core in os.sched_getaffinity(0)}.values())
    if len(allowed) < threads:
        return None
    probes = [MultiplyAdds(Target.host(), seconds=PROBE_SECONDS) for _ in range(threads)]
    alone = max(_rate(probes[0]) for _ in range(3))
    return Cores(lambda: _rates(probes, allowed), alone)


def _siblings(core: int) -> str:
    """Return the threads of a core as the system lists them; the core where it does not."""
    file = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        return file.read_text()
    except OSError:
        return str(core)


def _rates(probes: Sequence[MultiplyAdds], cores: Sequence[int]) -> list[float]:
    """Return the speeds of the probes, each on a core of its own, at the same time."""
    found = [0.0] * len(probes)

    def run(number: int) -> None:
        os.sched_setaffinity(0, {cores[number]})
        found[number] = _rate(probes[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(probes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _rate(probe: MultiplyAdds) -> float:
    start = time.perf_counter_ns()
    probe()
    return probe.flops / (time.perf_counter_ns() - start)
