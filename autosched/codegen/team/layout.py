"""The layout of the team's shared state: word numbers in one array of 64-bit words.

What different threads write lies in different blocks, to avoid false sharing of cache lines.
Member 0 is the caller of the parallel loop, the others are threads of the team.
"""

from __future__ import annotations

BLOCK = 16
"""Words of two cache lines: processors fetch them in pairs."""

MOST = 256
"""Members at most."""

SPIN_NS = 0
"""Nanoseconds that a member spins before it sleeps."""
WORKERS = 1
"""Threads of the team, the caller not counted."""
REFUSALS = 2
"""Parallel loops to wait before asking again for a thread that the system refused."""
WAKE_NS = 3
"""Nanoseconds that it takes to wake a thread, as measured."""
ALONE_NS, ALONE_UNTIL = 4, 5
"""Nanoseconds spent lately in loops whose threads slept, and when the last of them ended."""
CROWDED_UNTIL = 6
"""Time until which loops are not shared, because other processes had the cores; 0 for none."""

FUNCTION, CONTEXT, START, END, GRAIN, PIECES, MEMBERS, CORE = range(BLOCK, BLOCK + 8)
"""Of the loop under way: its function and what that is given, its iterations, how many of them
make a piece, how many pieces there are, how many members share them, and the core of member 0."""

BUSY = 2 * BLOCK
"""1 while a loop is under way."""

LEFT = 3 * BLOCK
"""Pieces of the loop under way that are not finished."""

FIRST_MEMBER = 4 * BLOCK
MEMBER = 3 * BLOCK
"""Words of a member."""

ASLEEP, MUTEX, CONDITION = BLOCK, BLOCK + 8, 2 * BLOCK
"""In a member, after its pieces: whether it sleeps, and what it sleeps on."""

WORDS = FIRST_MEMBER + MOST * MEMBER
