"""The result of a tuning run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from autosched.backends.reporter import Speed
from autosched.measure.outcome import Outcome
from autosched.ops.instance import WorkloadInstance
from autosched.schedule.trace import Trace, from_json
from autosched.tuning_logs import TrialRecord

FaultKind = Literal["internal_error", "crashed", "wrong_result"]
Ending = Literal["trials", "time_limit", "exhausted", "interrupted"]


@dataclass(frozen=True)
class Fault:
    """Candidates of a run that failed because of a bug of autosched, and the first reason.

    `internal_error` stands for an unexpected exception, whose traceback is in `reason`, `crashed`
    for a crash of the compiler, and `wrong_result` for code that computes wrong numbers, by more
    than rounding explains.
    """

    kind: FaultKind
    count: int
    reason: str


class Faults:
    """Collects outcomes that are bugs of autosched; see `Fault`."""

    def __init__(self) -> None:
        self._reasons: dict[str, list[str]] = {}

    def note(self, outcome: Outcome) -> None:
        if outcome.is_our_fault:
            self._reasons.setdefault(outcome.kind, []).append(outcome.reason)

    def known(self) -> tuple[Fault, ...]:
        """Return a fault for each kind that was noted, internal errors first."""
        return tuple(
            Fault(kind, len(self._reasons[kind]), self._reasons[kind][0])
            for kind in get_args(FaultKind)
            if kind in self._reasons
        )


@dataclass(frozen=True)
class TuneResult:
    """The best schedule known now, and how the run went.

    `trials` counts the new measurements of this run, `failures` the failed ones by outcome.
    `best` is the fastest trial in the database, of this run or an earlier one; None if nothing
    ever worked. `curve` has the best time in nanoseconds after each new measurement, infinite
    before the first that worked. `seconds` is the duration of the run with its finalists, and
    `ending` the reason for which it ended. `faults` are failures by bugs of autosched. `refused`
    counts values of a template's knobs that make no schedule, by reason; they are no trials.
    """

    workload: WorkloadInstance
    target: str
    threads: int
    strategy: str
    seed: int
    session: str
    trials: int
    failures: Mapping[str, int]
    best: TrialRecord | None
    curve: tuple[float, ...]
    seconds: float
    ending: Ending
    faults: tuple[Fault, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Describe the task, the best time and the run, in a line each."""
        threads = f", {self.threads} thread{'s' if self.threads > 1 else ''}"
        best = "nothing that works is known"
        if self.time_ns is not None:
            best = self._speed.text(self.time_ns)
        failures = ", ".join(f"{count} {kind}" for kind, count in sorted(self.failures.items()))
        refused = "".join(
            f"\nno schedule for {count} values of the knobs: {reason}"
            for reason, count in self.refused.items()
        )
        return (
            f"{self.workload}{threads}, {self.target.partition(' -features')[0]}\n"
            f"best: {best}\n"
            f"trials: {self.trials} in {self.seconds:.1f} s, "
            f"{self.trials_per_second:.1f} a second ({self.ending})\n"
            f"failures: {failures or 'none'}{refused}"
        )

    @property
    def _speed(self) -> Speed:
        flops = self.workload.flops
        return Speed(flops if isinstance(flops, int) else None)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the run; the trials until then are stored."""
        return self.ending == "interrupted"

    @property
    def time_ns(self) -> float | None:
        """The median of the best trial's repeats."""
        return self.best.time_ns if self.best else None

    @property
    def gflops(self) -> float | None:
        """Arithmetic operations a nanosecond; None if they depend on symbolic sizes."""
        return self._speed.gflops(self.time_ns)

    @property
    def trials_per_second(self) -> float:
        """New measurements a second, over the whole run."""
        return self.trials / self.seconds if self.seconds > 0 else 0.0

    @property
    def trace(self) -> Trace | None:
        """The steps of the best schedule."""
        return from_json(self.best.trace) if self.best else None


@dataclass(frozen=True)
class TaskResult:
    """The result of one of several tasks, which is computed `weight` times.

    `error` says why it could not be measured, where that is so.
    """

    name: str
    weight: float
    result: TuneResult
    error: str | None = None


@dataclass(frozen=True)
class TasksResult:
    """How a run over several tasks went.

    `trials` counts the new measurements of all tasks, `seconds` is the whole run, finalists
    included, and `ending` says why it ended. `kept_defaults` counts the tasks whose default
    schedule is faster in the network than the one that is the fastest alone.
    """

    tasks: tuple[TaskResult, ...]
    trials: int
    seconds: float
    ending: Ending
    kept_defaults: int = 0

    @property
    def interrupted(self) -> bool:
        """The run was ended by Ctrl-C; what was measured is stored."""
        return self.ending == "interrupted"

    @property
    def total_ns(self) -> float | None:
        """The sum of weight times time; None where a task has no time."""
        times = [(task.weight, task.result.time_ns) for task in self.tasks]
        known = [weight * time_ns for weight, time_ns in times if time_ns is not None]
        return sum(known) if len(known) == len(times) else None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What failed by our fault, of all tasks."""
        return tuple(fault for task in self.tasks for fault in task.result.faults)
