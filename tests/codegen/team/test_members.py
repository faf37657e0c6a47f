"""Every iteration of a parallel loop runs once, whoever comes, late or never."""

from __future__ import annotations

import ctypes
import threading
import time

import numpy as np
import pytest

from autosched.codegen.team import layout, members
from autosched.codegen.team.layout import MOST
from tests.codegen.team.harness import hammer, parallel, run_python


def ranges(start: int, extent: int, threads: int) -> list[tuple[int, int, int]]:
    """The ranges and the members that a loop's body is called with, in order."""
    found: list[tuple[int, int, int]] = []
    parallel(lambda *called: found.append(called), start, extent, threads)
    return sorted(found)


@pytest.mark.parametrize("threads", [1, 2, 3, 5, MOST + 44])
@pytest.mark.parametrize("extent", [1, 2, 3, 7, 16, 17, 100, 1 << 40])
@pytest.mark.parametrize("start", [0, -5, 1 << 50])
def test_every_iteration_runs_once(start: int, extent: int, threads: int) -> None:
    found = ranges(start, extent, threads)
    assert [low for low, _, _ in found] == [start, *(high for _, high, _ in found[:-1])]
    assert found[-1][1] == start + extent
    assert all(low < high for low, high, _ in found)
    # A thread that is late for an earlier loop may take part, whatever its number.
    assert {member for _, _, member in found} <= set(range(MOST))


@pytest.mark.parametrize("extent", [16, 17, 22, 24, 31, 100, 1 << 40])
def test_pieces_differ_by_one_iteration_at_most(extent: int) -> None:
    """Members that get as many pieces get as many iterations: 22 of 2 are 11 and 11."""
    team = np.zeros(layout.WORDS, np.int64)
    team[layout.START], team[layout.EXTENT], team[layout.PIECES] = -5, extent, 16
    bounds = [int(members.bound.python(team, piece)) for piece in range(17)]
    sizes = np.diff(bounds)
    assert (bounds[0], bounds[-1]) == (-5, extent - 5)
    assert max(sizes) - min(sizes) <= 1
    assert bounds[8] == extent // 2 - 5


@pytest.mark.parametrize("extent", [0, -1, -(1 << 40)])
def test_nothing_runs_for_no_iterations(extent: int) -> None:
    assert ranges(3, extent, 2) == []


def test_what_a_thread_has_not_begun_is_done_by_the_others() -> None:
    """A thread that is held up in its first range keeps nobody from the rest."""
    assert held_up(0.0) <= 16


def held_up(seconds: float) -> int:
    """How many of 64 iterations a thread computes that goes on when all others are computed."""
    begun, done = threading.Event(), threading.Event()
    finished = [0, 0]

    def share(low: int, high: int, member: int) -> None:
        member = min(member, 1)  # one that is late for an earlier loop may have another number
        if member == 1:
            begun.set()
            done.wait(60)
            time.sleep(seconds)
        elif finished[0]:
            begun.wait(60)
        else:
            time.sleep(0.01)  # it takes time: those who sleep are woken
        finished[member] += high - low
        if finished[0] >= 64 - 16:
            done.set()

    end = time.monotonic() + 60
    while finished[1] == 0 and time.monotonic() < end:
        finished[:] = 0, 0
        parallel(share, 0, 64, 2)
        assert sum(finished) == 64
    return finished[1]


def test_loops_are_not_shared_for_a_while_after_a_thread_was_held_up() -> None:
    for seconds in (0.5, 1, 2, 4):  # the while is as long; a busy machine may miss it
        assert held_up(seconds) > 0
        found: list[tuple[int, int, int]] = []
        parallel(lambda *called: found.append(called), 0, 64, 2)  # noqa: B023
        if found == [(0, 64, 0)]:
            break
    assert found == [(0, 64, 0)]
    assert held_up(0.0) > 0


def test_that_while_grows_while_threads_are_held_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    team = np.zeros(layout.WORDS, np.int64)
    monkeypatch.setattr(members, "load", lambda words, place: words[place])
    monkeypatch.setattr(members, "store", lambda words, place, value: words.put(place, value))
    whiles = []
    for time_ns, waited_ns in [(1000, 10), (1010, 10), (1040, 9), (1090, 10), (2000, 8)]:
        monkeypatch.setattr(members, "now", lambda: time_ns)  # noqa: B023
        members.keep_apart.python(team, waited_ns)
        assert members.is_crowded.python(team)
        whiles.append(int(team[layout.CROWDED_UNTIL]) - time_ns)
    assert whiles == [10, 20, 36, 40, 8]
    monkeypatch.setattr(members, "now", lambda: 2008)
    assert not members.is_crowded.python(team)


@pytest.mark.parametrize(
    ("lately_ns", "since_ns", "expected"),
    [(1000, 50, 0), (1000, 150, 1), (10, 50, 1)],
    ids=["after long loops", "after a pause", "after short loops"],
)
def test_sleepers_are_woken_before_the_first_piece_where_it_pays(
    lately_ns: int, since_ns: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two pieces of 100 ns; waking takes 20 ns, and spinning ends after 100."""
    team = np.zeros(layout.WORDS, np.int64)
    team[layout.SPIN_NS], team[layout.WAKE_NS], team[layout.PIECES] = 100, 20, 2
    team[layout.ALONE_NS], team[layout.ALONE_UNTIL] = lately_ns, 5000 - since_ns
    taken: list[int] = []
    woken: list[int] = []

    def take(words: object, member: int, most: int) -> int:
        taken.append(most)
        return 1

    monkeypatch.setattr(members, "now", lambda: 5000 + 100 * len(taken))
    monkeypatch.setattr(members, "take", take)
    monkeypatch.setattr(members, "wake", lambda words, member: woken.append(member))
    assert members.alone.python(team, 2, 1) == len(taken) == expected
    assert woken == [1]


def test_a_loop_in_a_loop_runs_where_it_is_met() -> None:
    found: list[tuple[int, int, bool]] = []

    def share(low: int, high: int, member: int) -> None:
        own = threading.get_ident()
        for i in range(low, high):
            inner = lambda a, b, m: found.append((i, b - a, threading.get_ident() == own))  # noqa: B023, E731
            parallel(inner, 0, 10, 2)

    parallel(share, 0, 8, 2)
    assert sorted(found) == [(i, 10, True) for i in range(8)]


def test_loops_of_several_callers_at_once() -> None:
    columns = [(ctypes.c_int64 * 50)() for _ in range(4)]
    callers = [threading.Thread(target=hammer, args=(data, 50, 3, 3000)) for data in columns]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all(set(data) == {3000} for data in columns)


@pytest.mark.parametrize("wait_us", [0, 1, 100, 10_000_000])
def test_many_loops_in_turn(wait_us: int) -> None:
    """More threads than cores and ranges of one or two: who wakes, sleeps and takes varies."""
    code = (
        "import ctypes\n"
        "from tests.codegen.team.harness import hammer\n"
        "for threads, extent in [(2, 2), (2, 33), (3, 7), (5, 90)]:\n"
        "    data = (ctypes.c_int64 * 90)()\n"
        "    hammer(data, extent, threads, 3000)\n"
        "    assert list(data) == [3000] * extent + [0] * (90 - extent), list(data)\n"
    )
    run_python(code, AUTOSCHED_THREAD_WAIT=str(wait_us))
