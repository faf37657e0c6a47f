"""What the members are made of and Python cannot say: atomics, time, threads.

`place` is the number of a word in the team's array; `text` has what each of them does.
"""

from __future__ import annotations

from autosched.codegen.native import Int64s, external


@external
def load(team: Int64s, place: int) -> int:
    """A word, and all that was written before it was."""
    raise NotImplementedError


@external
def store(team: Int64s, place: int, value: int) -> None:
    """Write a word, and before it all that was written."""


@external
def swap(team: Int64s, place: int, old: int, new: int) -> int:
    """Write `new` where `old` stands; whether it stood there."""
    raise NotImplementedError


@external
def subtract(team: Int64s, place: int, amount: int) -> int:
    """Lower a word; what it was."""
    raise NotImplementedError


@external
def fence() -> None:
    """All threads see what was written before it ahead of what is read after it."""


@external
def pause() -> None:
    """Tell the processor that this is a loop that waits."""


@external
def now() -> int:
    """Nanoseconds of a clock that never goes back."""
    raise NotImplementedError


@external
def core() -> int:
    """The core that this thread runs on; -1 where the system does not say."""
    raise NotImplementedError


@external
def leave(core: int) -> int:
    """Go to another core that this thread may run on; whether there is one."""
    raise NotImplementedError


@external
def call(function: int, context: int, low: int, high: int, member: int) -> None:
    """Call a C function by its address."""


@external
def initialise(team: Int64s, mutex: int, condition: int) -> None:
    """Make a mutex and a condition variable."""


@external
def lock(team: Int64s, place: int) -> None:
    """Lock a mutex."""


@external
def unlock(team: Int64s, place: int) -> None:
    """Unlock a mutex."""


@external
def wait(team: Int64s, condition: int, mutex: int) -> None:
    """Sleep until signalled, or for no reason, with the mutex unlocked meanwhile."""


@external
def signal(team: Int64s, place: int) -> None:
    """Wake what waits on a condition variable."""


@external
def create(team: Int64s, member: int) -> int:
    """Start a thread that serves as a member, and gets no signals; whether the system let us."""
    raise NotImplementedError
