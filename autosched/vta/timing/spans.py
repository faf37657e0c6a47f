"""The instructions of a program in time, and the reasons for which each waited."""

from __future__ import annotations

from dataclasses import dataclass

ARRIVAL = "instruction arrival"


@dataclass(frozen=True, slots=True)
class Wait:
    """Cycles in which a unit waited, and the reason."""

    reason: str
    start: int
    end: int

    @property
    def cause(self) -> str:
        """The reason, with the unit that gives the tokens in place of their queue."""
        if self.reason == ARRIVAL:
            return ARRIVAL
        return f"tokens from {self.reason.split()[1]}"


@dataclass(frozen=True, slots=True)
class Span:
    """One instruction in its unit, from cycle `start` up to `end`.

    `waits` lie right before `start`. `bus_wait` counts the cycles by which others on the read bus
    delayed its end. For a batch of fetch, `instruction` is the first instruction of the batch.
    """

    instruction: int
    kind: str
    unit: str
    start: int
    end: int
    waits: tuple[Wait, ...] = ()
    bus_wait: int = 0
