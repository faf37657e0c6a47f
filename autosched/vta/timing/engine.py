"""The event engine: fetch, load, compute and store, each in order, and their token queues.

An instruction starts when its unit is free, it has arrived from fetch, and the tokens it
pops are there; it pushes its tokens when it ends. Instructions that need no bus are timed as
soon as these are known, in any order of time, for nothing they do depends on it; those that
read DRAM wait for the memory to serve them in the order of time.
"""

from __future__ import annotations

from dataclasses import dataclass

from autosched.errors import AcceleratorError
from autosched.vta.isa import INSTRUCTION_BYTES
from autosched.vta.timing.bus import Memory
from autosched.vta.timing.preset import Fetch, Preset
from autosched.vta.timing.program import QUEUES, Program
from autosched.vta.timing.transfers import Shape, Transfer, transfer

_FETCH = -1
_NEVER = -1


@dataclass(slots=True)
class Batch:
    """Instructions from `first` on that fetch reads at once.

    Asked for at `start`, all read at `read`, all handed out at `end`; `room_wait` cycles of
    that went on room in the queues and `bus_wait` on others on the bus.
    """

    first: int
    count: int
    beats: int
    start: int
    read: int = 0
    end: int = 0
    room_wait: int = 0
    bus_wait: int = 0


@dataclass(slots=True)
class Schedule:
    """When each instruction arrived in its queue, started and ended, in cycles from launch."""

    arrivals: list[int]
    starts: list[int]
    ends: list[int]
    batches: list[Batch]


class Engine:
    """One run of one program."""

    def __init__(self, program: Program, preset: Preset, memory: Memory, bus_bytes: int):
        count = len(program.kinds)
        self.program = program
        self.preset = preset
        self.fetch: Fetch = preset.fetch
        self.memory = memory
        self.bus_bytes = bus_bytes
        self.arrivals = [_NEVER] * count
        self.starts = [_NEVER] * count
        self.ends = [_NEVER] * count
        self.queues: list[list[int]] = [[], [], []]
        for index, unit in enumerate(program.units):
            self.queues[unit].append(index)
        self.position = [0, 0, 0]
        self.free = [0, 0, 0]
        self.pushed: list[list[int]] = [[], [], [], []]
        self.popped: list[list[int]] = [[], [], [], []]
        self.batches: list[Batch] = []
        self.read = 0
        self.arrived = 0
        self.handed = 0
        self.waiting = [0, 0, 0]
        self.clock = 0

    def run(self) -> Schedule:
        """Every instruction's cycles; `AcceleratorError` names the one that never starts."""
        self._fetch(round(self.fetch.launch))
        while (served := self.memory.serve()) is not None:
            owner, end = served
            if owner == _FETCH:
                self._arrive(end)
            else:
                self._end(owner, end)
            self._advance()
        if _NEVER in self.ends:
            self._deadlock()
        self._check_tokens()
        return Schedule(self.arrivals, self.starts, self.ends, self.batches)

    def _advance(self) -> None:
        """Start whatever can be started."""
        moved = True
        while moved:
            moved = self._hand_out()
            for unit in range(3):
                while self._start(unit):
                    moved = True

    def _start(self, unit: int) -> bool:
        """Start the next instruction of `unit` if all it waits for is known."""
        queue, position = self.queues[unit], self.position[unit]
        if position == len(queue):
            return False
        index = queue[position]
        start = self.arrivals[index]
        if start < 0 or self.starts[index] >= 0:
            return False
        if start < self.free[unit]:
            start = self.free[unit]
        pops = self.program.pops[index]
        for token in pops:
            taken, pushed = len(self.popped[token]), self.pushed[token]
            if taken == len(pushed):
                return False
            if start < pushed[taken]:
                start = pushed[taken]
        for token in pops:
            self.popped[token].append(start)
        self.starts[index] = start
        moved = self.program.transfers[index]
        if moved is None:
            self._end(index, start + self.program.cycles[index])
            return True
        self.memory.request(index, self.program.clients[index], start, moved)
        return False

    def _end(self, index: int, end: int) -> None:
        unit = self.program.units[index]
        self.ends[index] = end
        self.free[unit] = end
        self.position[unit] += 1
        for token in self.program.pushes[index]:
            self.pushed[token].append(end)

    def _fetch(self, cycle: int) -> None:
        """Ask for the next batch of instructions."""
        count = min(self.fetch.batch, len(self.ends) - self.read)
        if not count:
            return
        moved = _batch(count, self.bus_bytes)
        self.batches.append(Batch(self.read, count, moved.beats, cycle))
        self.read += count
        self.memory.request(_FETCH, "fetch", cycle, moved)

    def _arrive(self, end: int) -> None:
        """The batch asked for has been read."""
        batch = self.batches[-1]
        batch.read = end
        alone = self.memory.alone("fetch", _batch(batch.count, self.bus_bytes))
        batch.bus_wait = max(0, end - batch.start - alone)
        self.arrived = self.read
        self.clock = end + round(self.fetch.handout)

    def _hand_out(self) -> bool:
        """Move what was read to the units' queues, as far as they are known to have room."""
        first = self.handed
        fetch = self.fetch
        while self.handed < self.arrived:
            unit = self.program.units[self.handed]
            full = self.waiting[unit] - fetch.queue_depth
            if full >= 0:
                room = self.ends[self.queues[unit][full]]
                if room < 0:
                    break
                if room > self.clock:
                    self.batches[-1].room_wait += room - self.clock
                    self.clock = room
            self.arrivals[self.handed] = self.clock + round(fetch.arrival)
            self.waiting[unit] += 1
            self.handed += 1
            if self.handed == self.arrived:
                self.batches[-1].end = self.clock + round(fetch.per_instruction)
                self._fetch(self.clock + round(fetch.turnaround))
            self.clock += round(fetch.per_instruction)
        return self.handed > first

    def _deadlock(self) -> None:
        """Raise the error that names the heads of the queues and what they wait for."""
        stuck = []
        for unit, queue in enumerate(self.queues):
            if self.position[unit] < len(queue):
                index = queue[self.position[unit]]
                stuck.append((index, self.program.kinds[index], self._waits_for(index)))
        index, kind, cause = min(stuck)
        raise AcceleratorError(
            f"instruction {index} ({kind}): expected {cause}, got none: the program never ends",
            hint="every pop needs a push before it in the neighbour's queue",
            context="\n".join(
                f"instruction {index} ({kind}) waits for {cause}" for index, kind, cause in stuck
            ),
        )

    def _waits_for(self, index: int) -> str:
        if self.arrivals[index] == _NEVER:
            return "room in a queue of instructions"
        return " and ".join(
            f"a token from {QUEUES[token]}"
            for token in self.program.pops[index]
            if len(self.popped[token]) == len(self.pushed[token])
        )

    def _check_tokens(self) -> None:
        """Raise an error for a token that its queue has no room for; the hardware loses it."""
        limit = self.preset.compute.tokens
        for token, pushed in enumerate(self.pushed):
            popped = self.popped[token]
            for number in range(limit, len(pushed)):
                before = number - limit
                if before < len(popped) and popped[before] < pushed[number]:
                    continue
                pushers = [i for i, all_ in enumerate(self.program.pushes) if token in all_]
                index = pushers[number]
                raise AcceleratorError(
                    f"instruction {index} ({self.program.kinds[index]}): expected at most {limit} "
                    f"tokens from {QUEUES[token]} at a time, got one more",
                )


def _batch(count: int, bus_bytes: int) -> Transfer:
    """The read of `count` instructions."""
    size = count * INSTRUCTION_BYTES
    return transfer(Shape(1, count, count), 0, INSTRUCTION_BYTES, bus_bytes, bus_bytes, size)
