"""The layout of the team's shared state: word numbers in one array of 64-bit words.

Words that different threads write are in different blocks, to avoid false sharing.
Member 0 is the caller of the parallel loop, the others are threads of the team.
"""

from __future__ import annotations

BLOCK = 16
"""The words of two cache lines, which processors fetch in pairs."""

MOST = 256
"""The maximum number of members."""

SPIN_NS = 0
"""Nanoseconds that a member spins before it sleeps."""
WORKERS = 1
"""Threads of the team, the caller not counted."""
REFUSALS = 2
"""Parallel loops to wait before asking again for a thread that the system refused."""
WAKE_NS = 3
"""The measured nanoseconds to wake a thread."""
ALONE_NS, ALONE_UNTIL = 4, 5
"""Nanoseconds spent lately in loops whose threads slept at first, and when the last ended."""
CROWDED, CROWDED_SINCE, CROWDED_UNTIL, CAUTION = range(6, 10)
"""1 while loops are not shared, because other processes have the cores; the last time when that
began and when it ends, and how many times the time waited it lasts."""

FUNCTION, CONTEXT, START, EXTENT, PIECES, MEMBERS, CORE = range(BLOCK, BLOCK + 7)
"""The running loop: its function and the argument of that, its first iteration and the number of
them, the number of pieces and of members, and the core of member 0."""

BUSY = 2 * BLOCK
"""1 while a loop runs."""

LEFT = 3 * BLOCK
"""Pieces of the running loop that are not finished."""

FIRST_MEMBER = 4 * BLOCK
MEMBER = 3 * BLOCK
"""Words of a member."""

ASLEEP, THREAD, BARRED, MUTEX, CONDITION = BLOCK, BLOCK + 1, BLOCK + 2, BLOCK + 8, 2 * BLOCK
"""In a member, after its pieces: whether it sleeps, its thread, the core that it must not wake up
on plus 1 or else 0, and the mutex and condition for sleeping."""

WORDS = FIRST_MEMBER + MOST * MEMBER
