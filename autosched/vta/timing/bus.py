"""The read bus that all clients share, and the order in which they read DRAM.

The bus works as the hardware's memory engine does. A client has one request at the arbiter at
a time. In each cycle the first client in the order of precedence that has one is granted,
unless a burst ends in that cycle or 16 requests are under way. Granted requests are served in
that order, a beat a cycle, without gaps. A request that finds nothing queued before it waits
for the DRAM's start delay; a burst still in service does not count, so the delay runs beside
it.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.vta.timing.preset import CLIENTS, Bus
from autosched.vta.timing.table import WIDTH, Entry

_CLIENTS = len(CLIENTS)
_LATER = 1 << 62


class BusEntry(IntEnum):
    """The indices into the array of a bus."""

    OUTSTANDING = 0
    REQUEST_INTERVAL = 1
    ACCEPT = 2
    DELAY = 3
    GRANTED = 4
    """The cycle of the last grant."""
    SERVED = 5
    """The cycle in which the last granted burst begins, and its beats."""
    SERVED_BEATS = 6
    ENDS = 7
    """How many bursts were granted; the cycles in which they end are in an array of their own."""
    FREE = 8
    """The cycle in which the unit served last is free again."""
    STREAMS = 9
    """From here on the transfers under way, a `Stream` for each client."""


class Stream(IntEnum):
    """A client's transfer: `AT` is the cycle of its next request at the arbiter."""

    OWNER = 0
    START = 1
    AT = 2
    NEXT = 3
    LEFT = 4


STREAM_WIDTH = len(Stream)


def new_bus(constants: Bus | None, delay: int) -> Int64s:
    """Return an idle bus; without constants nobody may ask for it.

    `delay` is the DRAM's start delay in cycles.
    """
    bus = np.zeros(BusEntry.STREAMS + _CLIENTS * STREAM_WIDTH, np.int64)
    if constants is not None:
        interval, accept = constants.request_interval, constants.accept
        bus[: BusEntry.GRANTED] = constants.outstanding, interval, accept, delay
    bus[BusEntry.GRANTED] = bus[BusEntry.SERVED] = -1
    return bus


@native
def request(bus: Int64s, table: Int64s, owner: int, start: int) -> None:
    """Ask for the transfer of the instruction `owner`, or of fetch, from cycle `start` on."""
    row = owner * WIDTH
    stream = BusEntry.STREAMS + table[row + Entry.CLIENT] * STREAM_WIDTH
    bus[stream + Stream.OWNER] = owner
    bus[stream + Stream.START] = start
    bus[stream + Stream.AT] = start + table[row + Entry.LEAD]
    bus[stream + Stream.NEXT] = table[row + Entry.FIRST]
    bus[stream + Stream.LEFT] = table[row + Entry.BEATS]


@native
def serve(bus: Int64s, table: Int64s, bursts: Int64s, ends: Int64s) -> int:
    """Grant requests in the order of time until all requests of one transfer are granted.

    Returns its owner, whose unit is free again at `BusEntry.FREE`, or -1 where no transfer is
    left. `ends` is as long as `bursts`.

    This order is right because every other transfer is known already or starts after this one
    ends: a unit starts only when another ends, and instructions without bus are timed before.
    """
    while True:
        stream = next_stream(bus, ends)
        if stream < 0:
            return -1
        grant(bus, bursts, ends, stream)
        if bus[stream + Stream.LEFT]:
            continue
        row = bus[stream + Stream.OWNER] * WIDTH
        start = bus[stream + Stream.START]
        cycles = bus[BusEntry.SERVED] + bus[BusEntry.SERVED_BEATS] - start
        alone = table[row + Entry.LEAD] + bus[BusEntry.ACCEPT] + bus[BusEntry.DELAY]
        alone += table[row + Entry.BEATS]
        alone += drained(table, row, alone)
        cycles += drained(table, row, cycles)
        table[row + Entry.BUS_WAIT] = max(0, cycles - alone)
        bus[BusEntry.FREE] = start + cycles
        return bus[stream + Stream.OWNER]


@native
def next_stream(bus: Int64s, ends: Int64s) -> int:
    """Return the stream that is granted next, with the cycle in its `AT`; -1 if there is none."""
    behind = BusEntry.STREAMS + _CLIENTS * STREAM_WIDTH
    first = _LATER
    for stream in range(BusEntry.STREAMS, behind, STREAM_WIDTH):
        if bus[stream + Stream.LEFT]:
            first = min(first, bus[stream + Stream.AT])
    if first == _LATER:
        return -1
    cycle = opened(bus, ends, first)
    for stream in range(BusEntry.STREAMS, behind, STREAM_WIDTH):
        if bus[stream + Stream.LEFT] and bus[stream + Stream.AT] <= cycle:
            bus[stream + Stream.AT] = cycle
            return stream
    return -1


@native
def opened(bus: Int64s, ends: Int64s, cycle: int) -> int:
    """Return the first cycle, not before `cycle`, in which a request can be granted."""
    cycle = max(cycle, bus[BusEntry.GRANTED] + 1)
    count = bus[BusEntry.ENDS]
    if count >= bus[BusEntry.OUTSTANDING]:
        cycle = max(cycle, ends[count - bus[BusEntry.OUTSTANDING]] + 1)
    later = count
    while later and ends[later - 1] >= cycle:
        later -= 1
    while later < count and ends[later] == cycle:
        cycle += 1
        later += 1
    return cycle


@native
def grant(bus: Int64s, bursts: Int64s, ends: Int64s, stream: int) -> None:
    """Grant the next request of `stream`."""
    cycle = bus[stream + Stream.AT]
    beats = bursts[bus[stream + Stream.NEXT]]
    ready = cycle + bus[BusEntry.ACCEPT]
    if bus[BusEntry.SERVED] < cycle:
        ready += bus[BusEntry.DELAY]
    bus[BusEntry.SERVED] = max(ready, bus[BusEntry.SERVED] + bus[BusEntry.SERVED_BEATS])
    bus[BusEntry.SERVED_BEATS] = beats
    ends[bus[BusEntry.ENDS]] = bus[BusEntry.SERVED] + beats
    bus[BusEntry.ENDS] += 1
    bus[BusEntry.GRANTED] = cycle
    bus[stream + Stream.NEXT] += 1
    bus[stream + Stream.LEFT] -= beats
    bus[stream + Stream.AT] = cycle + bus[BusEntry.REQUEST_INTERVAL]


@native
def drained(table: Int64s, row: int, cycles: int) -> int:
    """Return the cycles from the last beat, `cycles` after the start, until the unit is free."""
    drain = table[row + Entry.DRAIN]
    if table[row + Entry.PADDING] == 0:
        return drain
    return drain + padding_left(table, row, cycles + 1 - table[row + Entry.BEATS])


@native
def padding_left(table: Int64s, row: int, idle: int) -> int:
    """Return the cycles in which zeros are written after all data, one zero a cycle.

    Zeros are written in the `idle` cycles in which no data arrives. Data rows without zeros
    take a cycle each, which may be one in which data arrives; the data is taken to arrive in
    one piece there (derived: no measured program has such padding).
    """
    skipped = table[row + Entry.SKIPPED]
    if skipped == 0:
        return max(0, table[row + Entry.PADDING] - idle)
    top, below = table[row + Entry.TOP_CELLS], table[row + Entry.BOTTOM_CELLS]
    if top > idle:
        return top - idle + skipped + below
    if top + skipped <= idle:
        return max(0, top + skipped + below - idle)
    return max(0, top + skipped - idle - table[row + Entry.BEATS]) + below
