"""Waiting members of the team: they spin, then sleep, and are woken."""

from __future__ import annotations

from autosched.codegen.native import Int64s, native
from autosched.codegen.team import layout
from autosched.codegen.team.primitives import (
    bar,
    core,
    fence,
    load,
    lock,
    now,
    pause,
    signal,
    store,
    thread,
    unbar,
    unlock,
    wait,
)

POLLS = 16
"""Polls between two readings of the clock, which take longer."""


@native
def rest(team: Int64s, member: int) -> int:
    """Wait for work, spinning first, then asleep; return whether the member slept."""
    until = now() + team[layout.SPIN_NS]
    slept = 0
    while idle(team, member):
        for _poll in range(POLLS):
            if not idle(team, member):
                return slept
            pause()
        if now() >= until:
            sleep(team, member)
            slept = 1
        if is_in_the_way(team, member) and not leave(load(team, layout.CORE)):
            sleep(team, member)
    return slept


@native
def leave(here: int) -> int:
    """Move this thread to another core that it may run on; return whether there is one."""
    if not bar(thread(), here):
        return 0
    unbar(thread(), here)
    return 1


@native
def is_in_the_way(team: Int64s, member: int) -> int:
    """Return whether the member runs on the core of member 0, which then could not work."""
    if member == 0:
        return 0
    here = core()
    return 1 if here >= 0 and here == load(team, layout.CORE) else 0


@native
def idle(team: Int64s, member: int) -> int:
    """Return whether to wait: a thread has no range, or others have not finished for member 0."""
    if member == 0:
        return load(team, layout.LEFT) != 0
    return load(team, layout.FIRST_MEMBER + member * layout.MEMBER) == 0


@native
def sleep(team: Int64s, member: int) -> None:
    """Sleep until woken, unless there is work.

    The sleeper writes ASLEEP, then reads its range; the waker writes the range, then reads
    ASLEEP. With a fence between the two on both sides, at least one sees what the other wrote.
    """
    place = layout.FIRST_MEMBER + member * layout.MEMBER
    lock(team, place + layout.MUTEX)
    store(team, place + layout.ASLEEP, 1)
    fence()
    while idle(team, member) and load(team, place + layout.ASLEEP):
        wait(team, place + layout.CONDITION, place + layout.MUTEX)
    store(team, place + layout.ASLEEP, 0)
    if team[place + layout.BARRED]:
        unbar(team[place + layout.THREAD], team[place + layout.BARRED] - 1)
        team[place + layout.BARRED] = 0
    unlock(team, place + layout.MUTEX)


@native
def wake(team: Int64s, member: int) -> None:
    """Wake a member if it sleeps; the caller must have a fence after it wrote the work.

    A thread of the team wakes up on another core than this one. The system may choose this one,
    even if others are idle, and then the thread waits until the scheduler moves it: 4 ms with a
    timer of 250 Hz, as long as a small network takes.
    """
    place = layout.FIRST_MEMBER + member * layout.MEMBER
    if load(team, place + layout.ASLEEP):
        lock(team, place + layout.MUTEX)
        if member and load(team, place + layout.ASLEEP):
            here = core()
            if bar(team[place + layout.THREAD], here):
                team[place + layout.BARRED] = here + 1
        store(team, place + layout.ASLEEP, 0)
        unlock(team, place + layout.MUTEX)
        signal(team, place + layout.CONDITION)
