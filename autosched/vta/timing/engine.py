"""The event engine: fetch, load, compute and store, each in order, and their token queues.

An instruction starts when its unit is free, it has arrived from fetch, and the tokens it
pops are there; it pushes its tokens when it ends. Instructions that need no bus are timed as
soon as these are known, in any order of time, for nothing they do depends on it; those that
read DRAM through the bus wait for it to serve them in the order of time.
"""

from __future__ import annotations

from enum import IntEnum

from autosched.codegen.native import Int64s, native
from autosched.vta.timing.bus import Line, request, serve
from autosched.vta.timing.table import NO_CLIENT, QUEUES, UNITS, WIDTH, Column

_UNITS, _QUEUES = len(UNITS), len(QUEUES)


class State(IntEnum):
    """What stands where in the array of a run: constants, then counters."""

    COUNT = 0
    """Instructions."""
    LAUNCH = 1
    BATCH = 2
    """Instructions that fetch reads at once, their beats, and the cycles of their port."""
    BATCH_BEATS = 3
    BATCH_CYCLES = 4
    REST_BEATS = 5
    """The same of those that are left at the end."""
    REST_CYCLES = 6
    HANDOUT = 7
    PER_INSTRUCTION = 8
    ARRIVAL = 9
    TURNAROUND = 10
    QUEUE_DEPTH = 11
    ASKED = 12
    """Instructions that fetch has asked for, that are there, and that are handed out."""
    THERE = 13
    HANDED = 14
    CLOCK = 15
    """The cycle in which the next is handed out."""
    BATCHES = 16
    QUEUED = 17
    """For each unit, how many instructions its queue was given, and how many have ended."""
    ENDED = 20
    FREE = 23
    """For each unit, the cycle from which on it is free."""
    PUSHED = 26
    """For each queue of tokens, how many were pushed and popped."""
    POPPED = 30


STATE_WIDTH = State.POPPED + _QUEUES


class Batch(IntEnum):
    """Instructions from `FIRST` on that fetch reads at once, and their cycles.

    Asked for at `START`, all handed out at `END`; `ROOM_WAIT` cycles of that went on room in
    the queues and `BUS_WAIT` on others on the bus.
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
    state: Int64s,
    table: Int64s,
    order: Int64s,
    times: Int64s,
    batches: Int64s,
    bus: Int64s,
    bursts: Int64s,
    ends: Int64s,
) -> None:
    """Time all that can be timed; what waits for ever keeps `NEVER` as its end.

    `order` takes the instructions of each unit, `times` the cycles in which the tokens of
    each queue are pushed, then those in which they are popped, `batches` what fetch reads;
    `bursts` and `ends` are those of `serve`.
    """
    fetch(state, table, batches, bus, bursts, state[State.LAUNCH])
    while True:
        advance(state, table, order, times, batches, bus, bursts)
        owner = serve(bus, table, bursts, ends)
        if owner < 0:
            break
        if owner == state[State.COUNT]:
            arrive(state, batches, bus[Line.FREE], table[owner * WIDTH + Column.BUS_WAIT])
        else:
            finish(state, table, times, owner, bus[Line.FREE])


@native
def advance(
    state: Int64s,
    table: Int64s,
    order: Int64s,
    times: Int64s,
    batches: Int64s,
    bus: Int64s,
    bursts: Int64s,
) -> None:
    """Start whatever can be started."""
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
    """Start the next instruction of `unit` if all it waits for is known; whether it has ended."""
    count, ended = state[State.COUNT], state[State.ENDED + unit]
    if ended == state[State.QUEUED + unit]:
        return 0
    index = order[unit * count + ended]
    row = index * WIDTH
    if table[row + Column.START] >= 0:
        return 0
    cycle = max(table[row + Column.ARRIVAL], state[State.FREE + unit])
    tokens = table[row + Column.TOKENS]
    for queue in range(_QUEUES):
        if tokens >> queue & 1:
            popped = state[State.POPPED + queue]
            if popped == state[State.PUSHED + queue]:
                return 0
            cycle = max(cycle, times[queue * count + popped])
    for queue in range(_QUEUES):
        if tokens >> queue & 1:
            times[(_QUEUES + queue) * count + state[State.POPPED + queue]] = cycle
            state[State.POPPED + queue] += 1
    table[row + Column.START] = cycle
    if table[row + Column.CLIENT] != NO_CLIENT:
        request(bus, table, index, cycle)
        return 0
    finish(state, table, times, index, cycle + table[row + Column.CYCLES])
    return 1


@native
def finish(state: Int64s, table: Int64s, times: Int64s, index: int, end: int) -> None:
    """An instruction ends and pushes its tokens."""
    row = index * WIDTH
    unit = table[row + Column.UNIT]
    table[row + Column.END] = end
    state[State.FREE + unit] = end
    state[State.ENDED + unit] += 1
    for queue in range(_QUEUES):
        if table[row + Column.TOKENS] >> (_QUEUES + queue) & 1:
            times[queue * state[State.COUNT] + state[State.PUSHED + queue]] = end
            state[State.PUSHED + queue] += 1


@native
def fetch(
    state: Int64s, table: Int64s, batches: Int64s, bus: Int64s, bursts: Int64s, cycle: int
) -> None:
    """Ask for the next batch of instructions."""
    left = state[State.COUNT] - state[State.ASKED]
    if left == 0:
        return
    whole = left >= state[State.BATCH]
    taken = state[State.BATCH] if whole else left
    batch = state[State.BATCHES] * BATCH_WIDTH
    batches[batch + Batch.FIRST] = state[State.ASKED]
    batches[batch + Batch.COUNT] = taken
    batches[batch + Batch.START] = cycle
    state[State.BATCHES] += 1
    state[State.ASKED] += taken
    row = state[State.COUNT] * WIDTH
    beats = state[State.BATCH_BEATS] if whole else state[State.REST_BEATS]
    batches[batch + Batch.BEATS] = beats
    if table[row + Column.CLIENT] == NO_CLIENT:
        cycles = state[State.BATCH_CYCLES] if whole else state[State.REST_CYCLES]
        arrive(state, batches, cycle + cycles, 0)
        return
    table[row + Column.BEATS] = beats
    bursts[table[row + Column.FIRST]] = beats
    request(bus, table, state[State.COUNT], cycle)


@native
def arrive(state: Int64s, batches: Int64s, end: int, bus_wait: int) -> None:
    """The batch asked for has been read."""
    batches[(state[State.BATCHES] - 1) * BATCH_WIDTH + Batch.BUS_WAIT] = bus_wait
    state[State.THERE] = state[State.ASKED]
    state[State.CLOCK] = end + state[State.HANDOUT]


@native
def hand_out(
    state: Int64s, table: Int64s, order: Int64s, batches: Int64s, bus: Int64s, bursts: Int64s
) -> int:
    """Move what was read to the units' queues, as far as they are known to have room.

    Gives whether any was moved.
    """
    first, count = state[State.HANDED], state[State.COUNT]
    while state[State.HANDED] < state[State.THERE]:
        index = state[State.HANDED]
        row = index * WIDTH
        batch = (state[State.BATCHES] - 1) * BATCH_WIDTH
        unit = table[row + Column.UNIT]
        queued = state[State.QUEUED + unit]
        if queued >= state[State.QUEUE_DEPTH]:
            room = table[
                order[unit * count + queued - state[State.QUEUE_DEPTH]] * WIDTH + Column.END
            ]
            if room < 0:
                break
            wait = max(0, room - state[State.CLOCK])
            batches[batch + Batch.ROOM_WAIT] += wait
            state[State.CLOCK] += wait
        table[row + Column.ARRIVAL] = state[State.CLOCK] + state[State.ARRIVAL]
        order[unit * count + queued] = index
        state[State.QUEUED + unit] += 1
        state[State.HANDED] += 1
        if state[State.HANDED] < state[State.THERE]:
            state[State.CLOCK] += state[State.PER_INSTRUCTION]
        else:
            batches[batch + Batch.END] = state[State.CLOCK] + state[State.PER_INSTRUCTION]
            fetch(state, table, batches, bus, bursts, state[State.CLOCK] + state[State.TURNAROUND])
    return state[State.HANDED] > first
