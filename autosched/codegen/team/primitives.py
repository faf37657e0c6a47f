"""Primitives that native functions cannot express: atomics, the clock, threads.

`place` is the number of a word in the team's array; `text` has their LLVM text.
"""

from __future__ import annotations

from autosched.codegen.native import Int64s, external


@external
def load(team: Int64s, place: int) -> int:
    """Load a word, with acquire ordering."""
    raise NotImplementedError


@external
def store(team: Int64s, place: int, value: int) -> None:
    """Store a word, with release ordering."""


@external
def swap(team: Int64s, place: int, old: int, new: int) -> int:
    """Compare and swap: store `new` if the word is `old`; return whether it was."""
    raise NotImplementedError


@external
def subtract(team: Int64s, place: int, amount: int) -> int:
    """Subtract from a word atomically; return its former value."""
    raise NotImplementedError


@external
def fence() -> None:
    """Make writes before this sequentially consistent fence visible before reads after it."""


@external
def pause() -> None:
    """Hint to the processor that this is a spin loop."""


@external
def now() -> int:
    """Return the nanoseconds of a monotonic clock."""
    raise NotImplementedError


@external
def core() -> int:
    """Return the core that this thread runs on; -1 where the system does not say."""
    raise NotImplementedError


@external
def thread() -> int:
    """Return this thread, for `bar` and `unbar`."""
    raise NotImplementedError


@external
def bar(thread: int, core: int) -> int:
    """Take a core from those that a thread may run on.

    Return whether it was one of them, and not the last.
    """
    raise NotImplementedError


@external
def unbar(thread: int, core: int) -> None:
    """Add a core to those that a thread may run on."""


@external
def call(function: int, context: int, low: int, high: int, member: int) -> None:
    """Call a C function by its address."""


@external
def initialise(team: Int64s, mutex: int, condition: int) -> None:
    """Initialise a mutex and a condition variable."""


@external
def lock(team: Int64s, place: int) -> None:
    """Lock a mutex."""


@external
def unlock(team: Int64s, place: int) -> None:
    """Unlock a mutex."""


@external
def wait(team: Int64s, condition: int, mutex: int) -> None:
    """Wait on a condition variable, with the mutex unlocked meanwhile; may wake spuriously."""


@external
def signal(team: Int64s, place: int) -> None:
    """Wake the thread that waits on a condition variable."""


@external
def create(team: Int64s, member: int) -> int:
    """Start the thread of a member, all signals blocked; return whether the system allowed it."""
    raise NotImplementedError
