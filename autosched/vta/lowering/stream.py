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
from dataclasses import dataclass, field

from autosched.errors import LoweringError
from autosched.vta.config import Memory
from autosched.vta.isa import Module, Opcode

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
    module: Module
    head: tuple[int, ...]
    tail: tuple[int, ...] = ()
    kernel: Kernel | None = None
    pop_prev: bool = False
    pop_next: bool = False
    push_prev: bool = False
    push_next: bool = False


class Last:
    """The last instruction of a queue, by its number there, to touch each interval."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], int] = {}

    def touch(self, low: int, high: int, number: int) -> None:
        self.known[low, high] = number
        if len(self.known) > 64:
            self.known = {
                span: n
                for span, n in self.known.items()
                if n == number or not (low <= span[0] and span[1] <= high)
            }

    def of(self, low: int, high: int) -> int:
        """The number of the last one that touched any of `low` to `high`; -1 if none did."""
        latest = -1
        for (first, last), number in self.known.items():
            if number > latest and first <= high and low <= last:
                latest = number
        return latest


@dataclass(slots=True, eq=False)
class Channel:
    """Tokens from one queue to another: pairs of who pushes and who pops, in order."""

    source: Module
    target: Module
    pairs: list[tuple[int, int]] = field(default_factory=list)


class Stream:
    """Collects drafts; see the module."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.queues: dict[Module, list[Draft]] = {module: [] for module in Module}
        self.channels = {
            (a, b): Channel(a, b)
            for a, b in (
                (Module.LOAD, Module.COMPUTE),
                (Module.COMPUTE, Module.LOAD),
                (Module.COMPUTE, Module.STORE),
                (Module.STORE, Module.COMPUTE),
            )
        }
        self._loaded = {Memory.INP: Last(), Memory.WGT: Last()}
        self._used = {Memory.INP: Last(), Memory.WGT: Last()}
        self._computed = Last()
        self._stored = Last()

    def load(self, draft: Draft, written: Interval) -> None:
        """Append a load of inputs or weights."""
        memory, low, high = written
        number = self._append(draft)
        self._wait(Module.COMPUTE, self._used[memory].of(low, high), draft, number)
        self._loaded[memory].touch(low, high, number)

    def compute(self, draft: Draft, written: Interval, read: Sequence[Interval] = ()) -> None:
        """Append what runs in the compute queue and writes sums; reads of sums need no entry."""
        _, low, high = written
        number = self._append(draft)
        need = -1
        for memory, first, last in read:
            need = max(need, self._loaded[memory].of(first, last))
            self._used[memory].touch(first, last, number)
        self._wait(Module.LOAD, need, draft, number)
        self._wait(Module.STORE, self._stored.of(low, high), draft, number)
        self._computed.touch(low, high, number)

    def store(self, draft: Draft, read: Interval) -> None:
        """Append a store of sums."""
        _, low, high = read
        number = self._append(draft)
        self._wait(Module.COMPUTE, self._computed.of(low, high), draft, number)
        self._stored.touch(low, high, number)

    def finish(self, draft: Draft) -> None:
        """Append the end, which waits for all loads and stores."""
        number = self._append(draft)
        self._wait(Module.LOAD, len(self.queues[Module.LOAD]) - 1, draft, number)
        self._wait(Module.STORE, len(self.queues[Module.STORE]) - 1, draft, number)

    def _append(self, draft: Draft) -> int:
        queue = self.queues[draft.module]
        queue.append(draft)
        self.drafts.append(draft)
        return len(queue) - 1

    def _wait(self, source: Module, number: int, draft: Draft, own: int) -> None:
        """Let `draft`, number `own` of its queue, wait for one of `source`; -1 is none."""
        pairs = self.channels[source, draft.module].pairs
        if number < 0 or (pairs and pairs[-1][0] >= number):
            return
        pairs.append((number, own))
        pusher = self.queues[source][number]
        if _ORDER[source] < _ORDER[draft.module]:
            pusher.push_next = draft.pop_prev = True
        else:
            pusher.push_prev = draft.pop_next = True

    def check_tokens(self) -> None:
        """Raise LoweringError where a queue may run so far ahead that a counter overflows."""
        for (source, target), channel in self.channels.items():
            back = self.channels[target, source].pairs
            position, reached = 0, -1
            for ahead in range(MAX_TOKENS, len(channel.pairs)):
                pusher = channel.pairs[ahead][0]
                while position < len(back) and back[position][1] <= pusher:
                    reached = back[position][0]
                    position += 1
                if reached < channel.pairs[ahead - MAX_TOKENS][1]:
                    raise LoweringError(
                        f"expected at most {MAX_TOKENS} tokens under way from {source.name} to "
                        f"{target.name}, got more at instruction {pusher} of {source.name}",
                        hint="load larger tiles, or keep fewer of them at a time",
                    )


_ORDER = {Module.LOAD: 0, Module.COMPUTE: 1, Module.STORE: 2}
