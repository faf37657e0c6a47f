"""The stream: instructions in program order, with the tokens that keep the queues in step.

Every instruction says which intervals of the memories it reads and writes. Where one
queue must wait for another, the later instruction waits for the last one of the other
queue that touched what it needs. Queues run in order, so a wait for something that an
earlier instruction of the same queue already waited for is implied; what remains goes
strictly forward on both sides, and so takes one flag at each end and never an instruction
that does nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.errors import LoweringError
from autosched.vta.config import Memory
from autosched.vta.isa import Opcode

Interval = tuple[Memory, int, int]
"""A memory and the first and last index in it. OUT counts as ACC: they share indices."""


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """Micro-ops (sum, input, weight) that instructions share; one object for equal ones."""

    uops: tuple[tuple[int, int, int], ...]


MAX_TOKENS = 255
"""What the 8-bit counters of the hardware hold."""


@dataclass(slots=True, eq=False)
class Draft:
    """An instruction whose tokens, and whose place of micro-ops, are still open.

    `head` and `tail` are its fields after the flags, in the order of its layout; between
    them stands where its `kernel` lies, if it has one.
    """

    opcode: Opcode
    head: tuple[int, ...]
    tail: tuple[int, ...] = ()
    kernel: Kernel | None = None
    pop_prev: bool = False
    pop_next: bool = False
    push_prev: bool = False
    push_next: bool = False


class Last:
    """The last instruction of a queue, by its number there, to touch each interval."""

    __slots__ = ("known", "room")

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], int] = {}
        self.room = 64

    def touch(self, low: int, high: int, number: int) -> None:
        self.known[low, high] = number
        if len(self.known) > self.room:
            self.known = {
                span: n
                for span, n in self.known.items()
                if n == number or not (low <= span[0] and span[1] <= high)
            }
            self.room = max(64, 2 * len(self.known))

    def of(self, low: int, high: int) -> int:
        """The number of the last one that touched any of `low` to `high`; -1 if none did."""
        latest = -1
        for (first, last), number in self.known.items():
            if number > latest and first <= high and low <= last:
                latest = number
        return latest


LOAD, COMPUTE, STORE = range(3)
"""The queues. Numbers, for these lines run for every instruction of every candidate."""

_NAMES = ("LOAD", "COMPUTE", "STORE")


class Stream:
    """Collects drafts; see the module.

    `waits[source][target]` has, for each token from one queue to another, the numbers of who
    pushes and who pops it.
    """

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.queues: tuple[list[Draft], ...] = ([], [], [])
        self.waits: list[list[list[tuple[int, int]]]] = [[[] for _ in range(3)] for _ in range(3)]
        self._loaded = [Last() for _ in Memory]
        self._used = [Last() for _ in Memory]
        self._computed = Last()
        self._stored = Last()

    def load(self, draft: Draft, written: Interval) -> None:
        """Append a load of inputs or weights."""
        memory, low, high = written
        number = self._append(LOAD, draft)
        self._wait(COMPUTE, self._used[memory].of(low, high), LOAD, number)
        self._loaded[memory].touch(low, high, number)

    def compute(self, draft: Draft, written: Interval, read: Sequence[Interval] = ()) -> None:
        """Append what runs in the compute queue and writes sums; reads of sums need no entry."""
        _, low, high = written
        number = self._append(COMPUTE, draft)
        for memory, first, last in read:
            self._wait(LOAD, self._loaded[memory].of(first, last), COMPUTE, number)
            self._used[memory].touch(first, last, number)
        self._wait(STORE, self._stored.of(low, high), COMPUTE, number)
        self._computed.touch(low, high, number)

    def store(self, draft: Draft, read: Interval) -> None:
        """Append a store of sums."""
        _, low, high = read
        number = self._append(STORE, draft)
        self._wait(COMPUTE, self._computed.of(low, high), STORE, number)
        self._stored.touch(low, high, number)

    def finish(self, draft: Draft) -> None:
        """Append the end, which waits for all loads and stores."""
        number = self._append(COMPUTE, draft)
        for source in (LOAD, STORE):
            self._wait(source, len(self.queues[source]) - 1, COMPUTE, number)

    def _append(self, queue: int, draft: Draft) -> int:
        drafts = self.queues[queue]
        drafts.append(draft)
        self.drafts.append(draft)
        return len(drafts) - 1

    def _wait(self, source: int, number: int, target: int, own: int) -> None:
        """Let instruction `own` of `target` wait for one of `source`; -1 is none."""
        if number < 0:
            return
        pairs = self.waits[source][target]
        if pairs:
            last = pairs[-1]
            if last[0] >= number:
                return
            if last[1] == own:
                # It waits for two of one queue: the later one will do.
                self._flag(source, last[0], target, own, False)
                pairs.pop()
        pairs.append((number, own))
        self._flag(source, number, target, own, True)

    def _flag(self, source: int, number: int, target: int, own: int, value: bool) -> None:
        pusher, popper = self.queues[source][number], self.queues[target][own]
        if source < target:
            pusher.push_next = popper.pop_prev = value
        else:
            pusher.push_prev = popper.pop_next = value

    def check_tokens(self) -> None:
        """Raise LoweringError where a queue may run so far ahead that a counter overflows."""
        for source, target in (
            (LOAD, COMPUTE),
            (COMPUTE, LOAD),
            (COMPUTE, STORE),
            (STORE, COMPUTE),
        ):
            pairs, back = self.waits[source][target], self.waits[target][source]
            position, reached = 0, -1
            for ahead in range(MAX_TOKENS, len(pairs)):
                pusher = pairs[ahead][0]
                while position < len(back) and back[position][1] <= pusher:
                    reached = back[position][0]
                    position += 1
                if reached < pairs[ahead - MAX_TOKENS][1]:
                    raise LoweringError(
                        f"expected at most {MAX_TOKENS} tokens under way from {_NAMES[source]} to "
                        f"{_NAMES[target]}, got more at instruction {pusher} of the former",
                        hint="load larger tiles, or keep fewer of them at a time",
                    )
