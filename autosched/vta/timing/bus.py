"""Who reads DRAM when: one read bus for all clients, or a port for each.

The shared bus works as the hardware's memory engine does. A client has one request at the
arbiter at a time. In each cycle the first client in the order of precedence that has one is
granted, unless a burst ends in that cycle or 16 requests are under way. Granted requests are
served in that order, a beat a cycle, without gaps. A request that finds nothing queued before
it waits for the DRAM's start delay; a burst still in service does not count, so the delay
runs beside it.
"""

from __future__ import annotations

from typing import Protocol

from autosched.vta.timing.preset import Bus, Port
from autosched.vta.timing.transfers import Transfer


class Memory(Protocol):
    """The ways to DRAM. Requests come in any order, their ends in the order of the bus."""

    def request(self, owner: int, client: str, start: int, moved: Transfer) -> None:
        """`owner` wants `moved` from cycle `start` on."""

    def serve(self) -> tuple[int, int] | None:
        """The next owner that has all it wanted, and the cycle its unit is free again."""

    def alone(self, client: str, moved: Transfer) -> int:
        """Cycles of a transfer that nobody disturbs."""


class Stream:
    """The requests of one transfer; `at` is the cycle of the next one at the arbiter."""

    __slots__ = ("at", "left", "moved", "next", "owner", "rank", "start")

    def __init__(self, owner: int, rank: int, start: int, at: int, moved: Transfer):
        self.owner = owner
        self.rank = rank
        self.start = start
        self.at = at
        self.moved = moved
        self.next = 0
        self.left = moved.beats


class SharedBus:
    """One bus. `delay` is the DRAM's start delay in cycles."""

    def __init__(self, constants: Bus, delay: int):
        self.constants = constants
        self.delay = delay
        self.rank = {client: number for number, client in enumerate(constants.order)}
        self.streams: list[Stream] = []
        self.granted = -1
        self.served = -1
        self.served_beats = 0
        self.ends: list[int] = []
        self.end_set: set[int] = set()

    def request(self, owner: int, client: str, start: int, moved: Transfer) -> None:
        at = start
        if client != "fetch":
            at += self.constants.request + self.constants.top_pad_row * moved.top
        self.streams.append(Stream(owner, self.rank[client], start, at, moved))

    def serve(self) -> tuple[int, int] | None:
        """Grant requests in the order of time until a transfer has all of its own granted.

        Right as long as later transfers start after this one ends, or are known already: a
        unit starts only when another ends, and whatever needs no bus has been timed before.
        """
        streams = self.streams
        while streams:
            stream = streams[0] if len(streams) == 1 else self._next()
            if self._grant(stream) or self._rest(stream):
                streams.remove(stream)
                return stream.owner, self._free(stream)
        return None

    def _next(self) -> Stream:
        """Who is granted next; the others' next requests stand still until then."""
        cycle = self._open(min(stream.at for stream in self.streams))
        return min((stream for stream in self.streams if stream.at <= cycle), key=lambda s: s.rank)

    def _open(self, cycle: int) -> int:
        """The first cycle from `cycle` on in which anything can be granted."""
        cycle = max(cycle, self.granted + 1)
        outstanding = self.constants.outstanding
        if len(self.ends) >= outstanding:
            cycle = max(cycle, self.ends[-outstanding] + 1)
        while cycle in self.end_set:
            cycle += 1
        return cycle

    def _grant(self, stream: Stream) -> bool:
        """Grant the next request of `stream`; whether it was its last one."""
        cycle = self._open(stream.at)
        beats = stream.moved.bursts[stream.next]
        ready = cycle + self.constants.accept
        if self.served < cycle:
            ready += self.delay
        self.served = max(ready, self.served + self.served_beats)
        self.served_beats = beats
        end = self.served + beats
        self.ends.append(end)
        self.end_set.add(end)
        self.granted = cycle
        stream.next += 1
        stream.left -= beats
        stream.at = cycle + self.constants.request_interval
        return not stream.left

    def _rest(self, stream: Stream) -> bool:
        """All that is left of `stream` at once, where no other request can come between.

        It then follows without gaps, because requests come faster than bursts of four beats
        are served; a request may be held up for one cycle by the end of a burst.
        """
        end = self.served + self.served_beats + stream.left
        slowest = self.constants.request_interval + 1
        if (
            stream.moved.shortest < slowest + self.constants.accept
            or self.served < self.granted + slowest
            or self.constants.outstanding < 3
            or any(other.at <= end for other in self.streams if other is not stream)
        ):
            return False
        last = stream.moved.bursts[-1]
        self.served = end - last
        self.served_beats = last
        self.granted = max(self.granted, self.served)
        self.ends.clear()
        self.end_set.clear()
        return True

    def _free(self, stream: Stream) -> int:
        """The cycle the unit is free again, once its last request is granted."""
        end = self.served + self.served_beats
        if stream.owner < 0:
            return end
        return end + self._drain(stream.moved, end - stream.start)

    def _drain(self, moved: Transfer, cycles: int) -> int:
        """Cycles from the last beat to a free unit; `cycles` passed from the start to it."""
        drain = self.constants.drain_wide if moved.wide else self.constants.drain_narrow
        return drain + (moved.padding and padding_left(moved, cycles + 1 - moved.beats))

    def alone(self, client: str, moved: Transfer) -> int:
        constants = self.constants
        if client == "fetch":
            return constants.accept + self.delay + moved.beats
        before = constants.request + constants.top_pad_row * moved.top + constants.accept
        cycles = before + self.delay + moved.beats
        return cycles + self._drain(moved, cycles)


def padding_left(moved: Transfer, idle: int) -> int:
    """Zeros still to write when the data is there, one a cycle.

    They are written in the `idle` cycles in which no data arrives. Data rows that have none
    are stepped over, one a cycle, while data arrives too; there the data is taken to arrive
    in one piece (derived; no measured program has such padding).
    """
    if not moved.skipped:
        return max(0, moved.padding - idle)
    if moved.top_cells > idle:
        return moved.top_cells - idle + moved.skipped + moved.bottom_cells
    bottom = moved.top_cells + moved.skipped
    if bottom <= idle:
        return max(0, bottom + moved.bottom_cells - idle)
    return max(0, bottom - idle - moved.beats) + moved.bottom_cells


class Ports:
    """A way of its own for each client, in which a transfer costs what its rows and beats cost."""

    def __init__(self, ports: dict[str, Port]):
        self.ports = ports
        self.ended: list[tuple[int, int]] = []

    def request(self, owner: int, client: str, start: int, moved: Transfer) -> None:
        self.ended.append((owner, start + self.alone(client, moved)))

    def serve(self) -> tuple[int, int] | None:
        return self.ended.pop() if self.ended else None

    def alone(self, client: str, moved: Transfer) -> int:
        port = self.ports[client]
        return round(
            port.start
            + port.per_row * moved.rows
            + port.per_beat * moved.beats
            + port.per_padding * moved.padding
        )
