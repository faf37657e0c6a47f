"""What a part of the machine has to do for a kernel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """The work of a part of the machine, and the least time that it takes."""

    name: str
    work: float
    unit: str
    time_ns: float
