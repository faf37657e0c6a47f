"""How candidates are measured."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

GIB = 1 << 30


@dataclass(frozen=True)
class TimingPlan:
    """How long and how often a kernel is run to learn its time.

    A repeat is as many calls as last `repeat_ns`. Repeats stop when `min_repeats` agree
    within `agreement`, when `budget_ns` are spent or at `max_repeats`. A candidate whose
    calls take `hopeless` times the best known time is given up at once, one whose repeats
    stay above `worse` times the best after the first of them. The very first call is cold:
    it must take `hopeless_cold` times the best, and `cold_ns` more, to be the last.
    """

    repeat_ns: float = 2e6
    min_repeats: int = 3
    max_repeats: int = 12
    budget_ns: float = 25e6
    agreement: float = 0.01
    hopeless: float = 3.0
    hopeless_cold: float = 6.0
    cold_ns: float = 1e6
    worse: float = 1.5


def usable_cores() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class MeasureOptions:
    """Settings of a LocalMeasurer.

    `workers` build at once; one of them times while the others rest. `memory_bytes` is what
    a candidate may allocate beyond the arguments. A worker is replaced after
    `requests_per_worker` requests or when it has grown by `growth_bytes`. Where kernels take
    turns, one runs for `compare_repeat_ns`: long beside filling the caches again. `pin` keeps
    what is timed on one core, where the system can. `tasks` and `backend` name, as
    `module:attribute`, what workers can be asked to do, and what of that compiles candidates
    and computes references; tests put their own there.
    """

    workers: int = field(default_factory=usable_cores)
    build_timeout_s: float = 10.0
    run_timeout_s: float = 10.0
    reference_timeout_s: float = 600.0
    start_timeout_s: float = 60.0
    memory_bytes: int = 2 * GIB
    requests_per_worker: int = 2000
    growth_bytes: int = GIB
    compare_repeat_ns: float = 1e7
    pin: bool = False
    tasks: str = "autosched.measure.tasks:Tasks"
    backend: str = "autosched.measure.backend:Compiler"
    timing: TimingPlan = TimingPlan()
