"""Settings of measurements."""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.target.probe import core_count

GIB = 1 << 30


@dataclass(frozen=True)
class TimingPlan:
    """How long and how often a kernel is run to measure its time.

    A repeat is as many calls as take `repeat_ns`. Repeats stop when the two least of at least
    `min_repeats`, or of any where a repeat is one call, agree within the ratio `agreement`, since
    disturbances only add time, after `budget_ns`, or after `max_repeats`.

    A candidate is stopped early if its first, cold call takes more than `hopeless_cold` times
    the best known time plus `cold_ns`, if a warm call takes more than `hopeless` times the best
    time, if its first repeat takes more than `worse` times the best time, or if all of at least
    two take more than `behind` times the best time.
    """

    repeat_ns: float = 1e6
    min_repeats: int = 3
    max_repeats: int = 12
    budget_ns: float = 25e6
    agreement: float = 0.02
    hopeless: float = 3.0
    hopeless_cold: float = 6.0
    cold_ns: float = 1e6
    worse: float = 1.5
    behind: float = 1.05

    def is_hopeless(self, first_ns: float, best_ns: float) -> bool:
        """Return whether a first call is so long that no other one is needed."""
        return first_ns > self.hopeless_cold * best_ns + self.cold_ns


@dataclass(frozen=True)
class MeasureOptions:
    """Settings of a LocalMeasurer.

    `workers` processes build in parallel; one of them times while the others are idle. A
    candidate may allocate `memory_bytes` beyond its arguments. A worker is replaced after
    `requests_per_worker` requests, or when its memory has grown by `growth_bytes`. In a
    comparison each kernel runs for `compare_repeat_ns` at a time, and one that takes more than
    `contending` times the best in one process has no turns in the next. `pin` keeps the timed
    kernel on one core, if the system can. With `cold` a kernel's constants are in no cache when it
    is called, as in a network, where other kernels have read theirs since.
    `tasks` and `builder` name, as `module:attribute`, the class that performs requests and the
    class that compiles candidates and computes references; tests replace them.
    """

    workers: int = field(default_factory=core_count)
    build_timeout_s: float = 10.0
    run_timeout_s: float = 10.0
    reference_timeout_s: float = 600.0
    start_timeout_s: float = 60.0
    memory_bytes: int = 2 * GIB
    requests_per_worker: int = 2000
    growth_bytes: int = GIB
    compare_repeat_ns: float = 4e6
    contending: float = 1.02
    pin: bool = False
    cold: bool = False
    tasks: str = "autosched.measure.tasks:Tasks"
    builder: str = "autosched.measure.builder:NativeBuilder"
    timing: TimingPlan = TimingPlan()
