"""The event engine: simulates the units fetch, load, compute and store, and their token queues.

Each unit runs its instructions in order. An instruction starts when its unit is free, it has
arrived from fetch, and the tokens it pops are there; it pushes its tokens when it ends. An
instruction that does not use the bus is timed as soon as these three times are known, in any
order. Instructions that read DRAM share the bus, which serves them in the order of time.
"""

from __future__ import annotations

from enum import IntEnum

from autosched.codegen.native import Int64s, native
from autosched.vta.timing.bus import BusEntry, request, serve
from autosched.vta.timing.table import NO_CLIENT, QUEUE_NAMES, UNITS, WIDTH, Entry

_UNITS, _QUEUES = len(UNITS), len(QUEUE_NAMES)


class Run(IntEnum):
    """The indices into the state array of a run: constants, then counters."""

    COUNT = 0
    """Instructions."""
    LAUNCH = 1
    BATCH = 2
    """Instructions of a batch that fetch reads, its beats, and its cycles on fetch's port."""
    BATCH_BEATS = 3
    BATCH_CYCLES = 4
    REST_BEATS = 5
    """The same for the last, smaller batch."""
    REST_CYCLES = 6
    HANDOUT = 7
    PER_INSTRUCTION = 8
    ARRIVAL = 9
    TURNAROUND = 10
    QUEUE_DEPTH = 11
    ASKED = 12
    """How many instructions fetch has asked for, has read, and has handed out."""
    THERE = 13
    HANDED = 14
    CLOCK = 15
    """The cycle in which the next instruction is handed out."""
    BATCHES = 16
    QUEUED = 17
    """For each unit, how many instructions its queue was given, and how many have ended."""
    ENDED = 20
    FREE = 23
    """For each unit, the cycle from which on it is free."""
    PUSHED = 26
    """For each queue of tokens, how many were pushed and popped."""
    POPPED = 30


STATE_WIDTH = Run.POPPED + _QUEUES


class Batch(IntEnum):
    """The indices into an entry for one batch: the instructions that fetch reads at once.

    The batch begins with the instruction `FIRST`. It is requested in the cycle `START`, and its
    last instruction is handed out in `END`. Of the cycles between, `ROOM_WAIT` were spent waiting
    for room in the queues and `BUS_WAIT` for others on the bus.
    """

    FIRST = 0
    COUNT = 1
    BEATS = 2
    START = 3
    END = 4
    ROOM_WAIT = 5
    BUS_WAIT = 6


BATCH_WIDTH = len(Batch)


@native
def run(
    state: Int64s, table: Int64s, order: Int64s, times: Int64s,
    batches: Int64s, bus: Int64s, bursts: Int64s, ends: Int64s,
) -> None:  # fmt: skip
    """Time all instructions. An instruction that waits forever keeps `NEVER` as its end.

    The results are written to `table` and to three more arguments: `order`, of shape
    (units, count), gets the instructions of each unit; `times`, of shape (2, queues, count), the
    cycles in which tokens are pushed and popped; `batches`, the reads of fetch. `bursts` and
    `ends` are as for `serve`.
    """
    fetch(state, table, batches, bus, bursts, state[Run.LAUNCH])
    while True:
        advance(state, table, order, times, batches, bus, bursts)
        owner = serve(bus, table, bursts, ends)
        if owner < 0:
            break
        if owner == state[Run.COUNT]:
            arrive(state, batches, bus[BusEntry.FREE], table[owner * WIDTH + Entry.BUS_WAIT])
        else:
            finish(state, table, times, owner, bus[BusEntry.FREE])


@native
def advance(
    state: Int64s, table: Int64s, order: Int64s, times: Int64s,
    batches: Int64s, bus: Int64s, bursts: Int64s,
) -> None:  # fmt: skip
    """Start all instructions that can start."""
    moved = 1
    while moved:
        moved = hand_out(state, table, order, batches, bus, bursts)
        for unit in range(_UNITS):
            while start(state, table, order, times, bus, unit):
                moved = 1


@native
def start(
    state: Int64s, table: Int64s, order: Int64s, times: Int64s, bus: Int64s, unit: int
) -> int:
    """Start the next instruction of `unit` if the times of all that it waits for are known.

    Returns whether its end is known too.
    """
    count, ended = state[Run.COUNT], state[Run.ENDED + unit]
    if ended == state[Run.QUEUED + unit]:
        return 0
    index = order[unit * count + ended]
    row = index * WIDTH
    if table[row + Entry.START] >= 0:
        return 0
    cycle = max(table[row + Entry.ARRIVAL], state[Run.FREE + unit])
    tokens = table[row + Entry.TOKENS]
    for queue in range(_QUEUES):
        if tokens >> queue & 1:
            popped = state[Run.POPPED + queue]
            if popped == state[Run.PUSHED + queue]:
                return 0
            cycle = max(cycle, times[queue * count + popped])
    for queue in range(_QUEUES):
        if tokens >> queue & 1:
            times[(_QUEUES + queue) * count + state[Run.POPPED + queue]] = cycle
            state[Run.POPPED + queue] += 1
    table[row + Entry.START] = cycle
    if table[row + Entry.CLIENT] != NO_CLIENT:
        request(bus, table, index, cycle)
        return 0
    finish(state, table, times, index, cycle + table[row + Entry.CYCLES])
    return 1


@native
def finish(state: Int64s, table: Int64s, times: Int64s, index: int, end: int) -> None:
    """End an instruction and push its tokens."""
    row = index * WIDTH
    unit = table[row + Entry.UNIT]
    table[row + Entry.END] = end
    state[Run.FREE + unit] = end
    state[Run.ENDED + unit] += 1
    for queue in range(_QUEUES):
        if table[row + Entry.TOKENS] >> (_QUEUES + queue) & 1:
            times[queue * state[Run.COUNT] + state[Run.PUSHED + queue]] = end
            state[Run.PUSHED + queue] += 1


@native
def fetch(
    state: Int64s, table: Int64s, batches: Int64s, bus: Int64s, bursts: Int64s, cycle: int
) -> None:
    """Ask for the next batch of instructions."""
    left = state[Run.COUNT] - state[Run.ASKED]
    if left == 0:
        return
    whole = left >= state[Run.BATCH]
    taken = state[Run.BATCH] if whole else left
    batch = state[Run.BATCHES] * BATCH_WIDTH
    batches[batch + Batch.FIRST] = state[Run.ASKED]
    batches[batch + Batch.COUNT] = taken
    batches[batch + Batch.START] = cycle
    state[Run.BATCHES] += 1
    state[Run.ASKED] += taken
    row = state[Run.COUNT] * WIDTH
    beats = state[Run.BATCH_BEATS] if whole else state[Run.REST_BEATS]
    batches[batch + Batch.BEATS] = beats
    if table[row + Entry.CLIENT] == NO_CLIENT:
        cycles = state[Run.BATCH_CYCLES] if whole else state[Run.REST_CYCLES]
        arrive(state, batches, cycle + cycles, 0)
        return
    table[row + Entry.BEATS] = beats
    bursts[table[row + Entry.FIRST]] = beats
    request(bus, table, state[Run.COUNT], cycle)


@native
def arrive(state: Int64s, batches: Int64s, end: int, bus_wait: int) -> None:
    """Record that the requested batch has been read, in the cycle `end`."""
    batches[(state[Run.BATCHES] - 1) * BATCH_WIDTH + Batch.BUS_WAIT] = bus_wait
    state[Run.THERE] = state[Run.ASKED]
    state[Run.CLOCK] = end + state[Run.HANDOUT]


@native
def hand_out(
    state: Int64s, table: Int64s, order: Int64s, batches: Int64s, bus: Int64s, bursts: Int64s
) -> int:
    """Move instructions that fetch has read to the queues of their units, while these have room.

    Returns whether one was moved.
    """
    first, count = state[Run.HANDED], state[Run.COUNT]
    while state[Run.HANDED] < state[Run.THERE]:
        index = state[Run.HANDED]
        row = index * WIDTH
        batch = (state[Run.BATCHES] - 1) * BATCH_WIDTH
        unit = table[row + Entry.UNIT]
        queued = state[Run.QUEUED + unit]
        if queued >= state[Run.QUEUE_DEPTH]:
            room = table[order[unit * count + queued - state[Run.QUEUE_DEPTH]] * WIDTH + Entry.END]
            if room < 0:
                break
            wait = max(0, room - state[Run.CLOCK])
            batches[batch + Batch.ROOM_WAIT] += wait
            state[Run.CLOCK] += wait
        table[row + Entry.ARRIVAL] = state[Run.CLOCK] + state[Run.ARRIVAL]
        order[unit * count + queued] = index
        state[Run.QUEUED + unit] += 1
        state[Run.HANDED] += 1
        if state[Run.HANDED] < state[Run.THERE]:
            state[Run.CLOCK] += state[Run.PER_INSTRUCTION]
        else:
            batches[batch + Batch.END] = state[Run.CLOCK] + state[Run.PER_INSTRUCTION]
            fetch(state, table, batches, bus, bursts, state[Run.CLOCK] + state[Run.TURNAROUND])
    return state[Run.HANDED] > first
