"""The report of how a program spends its cycles.

The report keeps the results of the engine and computes everything else on demand, so that
`total` alone costs nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from os import PathLike

from autosched.files import write_whole
from autosched.vta.timing.engine import Batch
from autosched.vta.timing.events import Events
from autosched.vta.timing.preset import CLIENTS, Preset
from autosched.vta.timing.program import TimedProgram
from autosched.vta.timing.spans import ARRIVAL, Span, Wait
from autosched.vta.timing.svg import timeline_svg
from autosched.vta.timing.table import KINDS, LOADS, QUEUE_NAMES, UNITS, Entry, Kind
from autosched.vta.timing.trace import chrome_trace

ROOM = "room in a queue"


@dataclass(frozen=True, slots=True)
class UnitCycles:
    """A unit's cycles: `busy`, `waits` by reason and `idle` make up the total.

    `bus` is the part of `busy` in which others had the read bus.
    """

    instructions: int
    busy: int
    waits: dict[str, int]
    idle: int
    bus: int


@dataclass(slots=True)
class CycleReport:
    """The cycles of one program; `str()` is a table of them."""

    program: TimedProgram
    events: Events
    preset: Preset

    @property
    def total(self) -> int:
        """Cycles from launch to the end of FINISH."""
        return int(self.program.table[-2, Entry.END])

    @property
    def microseconds(self) -> float:
        """`total` at the preset's clock."""
        return self.total / self.preset.clock_mhz

    @property
    def gemm_uops(self) -> int:
        """Micro-ops of GEMM that multiply; each is a cycle's work of the whole core."""
        return self._sum(Kind.GEMM, Entry.UOPS)

    @property
    def gemm_utilisation(self) -> float:
        """The part of all cycles in which the GEMM core multiplies."""
        return self.gemm_uops / self.total

    @property
    def beats(self) -> dict[str, int]:
        """The beats that each client reads, and that `store` writes."""
        found = dict.fromkeys(CLIENTS, 0)
        found["fetch"] = int(self.events.batches[:, Batch.BEATS].sum())
        for kind, client in LOADS.items():
            found[client] = self._sum(kind, Entry.BEATS)
        return found | {"store": self._sum(Kind.STORE, Entry.BEATS)}

    def _sum(self, kind: Kind, column: Entry) -> int:
        """Return the sum of a column over the instructions of a kind."""
        program = self.program
        return int(program.column(column)[program.column(Entry.KIND) == kind].sum())

    @property
    def bus_share(self) -> dict[str, float]:
        """The part of all cycles in which the read bus carries each client's beats."""
        return {
            client: beats / self.total for client, beats in self.beats.items() if client != "store"
        }

    @property
    def timeline(self) -> list[Span]:
        """Every instruction, in the order of the program."""
        tokens = [iter(cycles.tolist()) for cycles in self.events.pushed]
        free = [0] * len(UNITS)
        spans = []
        for index, row in enumerate(self.program.table[:-1].tolist()):
            unit, start, end = row[Entry.UNIT], row[Entry.START], row[Entry.END]
            causes = [(row[Entry.ARRIVAL], ARRIVAL)]
            for queue, name in enumerate(QUEUE_NAMES):
                if row[Entry.TOKENS] >> queue & 1:
                    causes.append((next(tokens[queue]), f"tokens {name}"))
            waits = tuple(_waits(free[unit], causes))
            kind, bus_wait = KINDS[row[Entry.KIND]], row[Entry.BUS_WAIT]
            spans.append(Span(index, kind, UNITS[unit], start, end, waits, bus_wait))
            free[unit] = end
        return spans

    @property
    def fetches(self) -> list[Span]:
        """The batches of instructions that fetch reads and hands out."""
        return [
            Span(
                batch[Batch.FIRST],
                f"FETCH {batch[Batch.COUNT]}",
                "fetch",
                batch[Batch.START],
                batch[Batch.END],
                bus_wait=batch[Batch.BUS_WAIT],
            )
            for batch in self.events.batches.tolist()
        ]

    @property
    def spans(self) -> list[Span]:
        """The batches of fetch, then every instruction."""
        return [*self.fetches, *self.timeline]

    @property
    def units(self) -> dict[str, UnitCycles]:
        """Fetch, load, compute and store, by name."""
        timeline = self.timeline
        found = {"fetch": self._fetch_cycles()}
        for name in UNITS:
            spans = [span for span in timeline if span.unit == name]
            found[name] = self._cycles(spans, len(spans))
        return found

    def _fetch_cycles(self) -> UnitCycles:
        """Return the cycles of fetch, whose waits for room lie within its spans."""
        cycles = self._cycles(self.fetches, self.program.count)
        room = int(self.events.batches[:, Batch.ROOM_WAIT].sum())
        waits = {ROOM: room} if room else {}
        return replace(cycles, busy=cycles.busy - room, waits=waits)

    def _cycles(self, spans: list[Span], instructions: int) -> UnitCycles:
        """Return the sums over `spans`, cut off at the total: a store may end after FINISH."""
        total = self.total
        busy = sum(max(0, min(span.end, total) - span.start) for span in spans)
        waits: Counter[str] = Counter()
        for wait in (wait for span in spans for wait in span.waits):
            waits[wait.reason] += max(0, min(wait.end, total) - wait.start)
        idle = total - busy - sum(waits.values())
        return UnitCycles(instructions, busy, dict(waits), idle, sum(s.bus_wait for s in spans))

    def save_svg(self, path: str | PathLike[str]) -> None:
        """Write the timeline as a picture."""
        title = (
            f"{self.total} cycles, preset {self.preset.name}, "
            f"GEMM {100 * self.gemm_utilisation:.1f} % of them, "
            f"read bus {100 * sum(self.bus_share.values()):.1f} %"
        )
        write_whole(path, timeline_svg(self.spans, self.total, title))

    def save_trace(self, path: str | PathLike[str]) -> None:
        """Write the timeline as a Chrome trace; Perfetto and chrome://tracing open it."""
        write_whole(path, chrome_trace(self.spans, self.total, self.preset.name))

    def __str__(self) -> str:
        lines = [
            f"{self.total} cycles ({self.microseconds:.1f} us, preset {self.preset.name}), "
            f"GEMM {100 * self.gemm_utilisation:.1f} %, "
            f"read bus {100 * sum(self.bus_share.values()):.1f} %"
        ]
        for name, unit in self.units.items():
            parts = [f"busy {unit.busy}" + (f" (bus {unit.bus})" if unit.bus else "")]
            parts += [f"{reason} {cycles}" for reason, cycles in sorted(unit.waits.items())]
            parts.append(f"idle {unit.idle}")
            lines.append(f"{name:8}{unit.instructions:5} instructions: " + ", ".join(parts))
        return "\n".join(lines)


def _waits(free: int, causes: list[tuple[int, str]]) -> list[Wait]:
    """Attribute the cycles from `free` on, each to the cause that ends next."""
    waits = []
    for until, reason in sorted(causes):
        if until > free:
            waits.append(Wait(reason, free, until))
            free = until
    return waits
