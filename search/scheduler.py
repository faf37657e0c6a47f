"""The scheduler of several tasks, which shares the trials by the expected gains."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from autosched.errors import MeasureError
from autosched.measure.measurer import Report
from autosched.measure.outcome import Outcome
from autosched.search.events import (
    Event,
    FinalistsBegun,
    Listener,
    TaskChanged,
    TasksBegun,
    TasksFinished,
    TaskStanding,
    TrialDone,
)
from autosched.search.gains import expected_gain
from autosched.search.result import Ending, TaskResult, TasksResult
from autosched.search.rounds import Deadline, Round, measure_rounds
from autosched.search.task import Task
from autosched.search.tuner import Tuner

WARM_UP = 4
"""The first trials of each task, before gains are compared."""

FLOOR = 0.1
"""The least trials of a task, as a part of an equal share."""

SETTLING = 0.15
"""The share of a time limit that is kept for measuring the fastest again."""

FINALISTS = 3
"""Schedules of each task that are measured again."""


@dataclass(frozen=True)
class WeightedTask:
    """A task, how often it is computed, and a name for messages."""

    task: Task
    weight: float = 1.0
    name: str = ""

    def __str__(self) -> str:
        return self.name or str(self.task.workload)


class TaskScheduler:
    """One run over several tasks, whose total is the sum of weight times time.

    `make_tuner` makes the tuner of a task, which reports to the given listener. Each task first
    gets `WARM_UP` trials, in the order of weight times operations. From then on the next round
    goes to the task with the greatest expected gain of the total, unless one has less than its
    `FLOOR`. Similar tasks take over each other's best schedules when these have become faster.
    A task whose workload cannot be measured ends with the reason, and the others go on.
    """

    def __init__(
        self,
        tasks: Sequence[WeightedTask],
        make_tuner: Callable[[Task, Listener], Tuner],
        on_event: Listener | None = None,
    ):
        self._on_event = on_event
        self._entries = [
            _Entry(given, make_tuner(given.task, partial(self._heard, place)))
            for place, given in enumerate(_merged(tasks))
        ]
        for entry in self._entries:
            entry.peers = [other for other in self._entries if entry.is_like(other)]
        self._done = 0
        self._left = 0

    def run(self, trials: int | None = None, time_limit: float | None = None) -> TasksResult:
        """Measure `trials` new candidates in all, or fewer if `time_limit` (seconds) or spaces end.

        A part of the time limit is for measuring the fastest again. Ctrl-C ends the run too, and
        the result has the trials until then. Raises MeasureError if no task can be measured.
        """
        deadline = Deadline(time_limit)
        search = Deadline(None if time_limit is None else (1 - SETTLING) * time_limit)
        self._left = sys.maxsize if trials is None else trials
        with ExitStack() as stack:
            for entry in self._entries:
                stack.enter_context(entry.tuner.session(self._left))
                entry.start()
            self._tell(TasksBegun(tuple(entry.standing for entry in self._entries), trials))
            try:
                is_late = search.is_over or measure_rounds(self._begin, search)
                ending: Ending = "time_limit" if is_late else "exhausted"
                if not self._left:
                    ending = "trials"
                self._settle(deadline)
            except KeyboardInterrupt:
                ending = "interrupted"
        self._check()
        results = tuple(entry.result(deadline.elapsed, ending) for entry in self._entries)
        result = TasksResult(results, self._done, deadline.elapsed, ending)
        self._tell(TasksFinished(result))
        return result

    def _begin(self) -> Round | None:
        """Begin a round of the task with the greatest expected gain; None if none has more."""
        while self._left and (waiting := [entry for entry in self._entries if not entry.ending]):
            place = self._entries.index(self._next(waiting))
            entry = self._entries[place]
            cold = WARM_UP - entry.seen
            size = min(cold if cold > 0 else entry.tuner.batch, self._left)
            round = entry.tuner.begin(size, entry.has_faster_peers())
            if round is None:
                self._end(place, "exhausted")
                continue
            entry.begun += round.size
            self._left -= round.size
            return replace(round, collect=partial(self._collect, place, round))
        return None

    def _next(self, waiting: Sequence[_Entry]) -> _Entry:
        cold = [entry for entry in waiting if entry.seen < WARM_UP]
        if cold:
            return max(cold, key=lambda entry: entry.work)
        floor = FLOOR * sum(entry.seen for entry in self._entries) / len(self._entries)
        least = min(waiting, key=lambda entry: entry.seen)
        if least.seen < floor:
            return least
        return max(waiting, key=lambda entry: (entry.gain_ns, -entry.seen))

    def _collect(self, place: int, begun: Round, report: Report) -> list[Outcome]:
        try:
            return begun.collect(report)
        except MeasureError as error:
            self._entries[place].error = error
            self._end(place, error.message)
            return []

    def _end(self, place: int, why: str) -> None:
        self._entries[place].ending = why
        self._tell(TaskChanged(place, self._entries[place].standing, self._done))

    def _settle(self, deadline: Deadline) -> None:
        """Measure the fastest of each task again, in the order of the tasks' parts of the total."""
        for entry in sorted(self._entries, key=lambda entry: -entry.total_ns):
            if deadline.is_over:
                return
            if entry.error is None:
                entry.tuner.settle(FINALISTS)

    def _check(self) -> None:
        errors = [entry.error for entry in self._entries if entry.error is not None]
        if errors and len(errors) == len(self._entries):
            raise errors[-1]

    def _heard(self, place: int, event: Event) -> None:
        """Report an event of a task's tuner."""
        if isinstance(event, TrialDone):
            self._done += 1
        if isinstance(event, TrialDone | FinalistsBegun):
            self._tell(TaskChanged(place, self._entries[place].standing, self._done, event))

    def _tell(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)


class _Entry:
    """A task in a run, and its state."""

    def __init__(self, given: WeightedTask, tuner: Tuner):
        self.given = given
        self.tuner = tuner
        self.begun = 0
        self.ending = ""
        self.error: MeasureError | None = None
        self.peers: list[_Entry] = []
        self._known = 0
        self._seen_ns: list[float] = []

    def start(self) -> None:
        self._known = len(self.tuner.history.measured)

    @property
    def seen(self) -> int:
        """The number of trials known or begun."""
        return self._known + self.begun

    def is_like(self, other: _Entry) -> bool:
        """Whether another task computes the same at other sizes."""
        mine, theirs = self.given.task, other.given.task
        same = mine.record.shape_free_key == theirs.record.shape_free_key
        return other is not self and same and mine.backend == theirs.backend

    def has_faster_peers(self) -> bool:
        """Whether a similar task has become faster since this was asked the last time."""
        before, self._seen_ns = self._seen_ns, [p.tuner.history.best_ns for p in self.peers]
        return self._seen_ns != before

    @property
    def work(self) -> float:
        """The work of the task before any time is known: weight times operations."""
        flops = self.given.task.form.flops
        return self.given.weight * (flops or 1)

    @property
    def total_ns(self) -> float:
        """Weight times the best time; 0 if none is known."""
        best = self.tuner.history.best_ns
        return self.given.weight * best if best < float("inf") else 0.0

    @property
    def gain_ns(self) -> float:
        """The nanoseconds of the total that the next round is expected to save."""
        times = [measured.time_ns for measured in self.tuner.history.measured]
        speed = max((peer.work / peer.total_ns for peer in self.peers if peer.total_ns), default=0)
        reached_ns = self.work / speed / self.given.weight if speed else float("inf")
        return self.total_ns * expected_gain(times, self.tuner.batch, reached_ns)

    @property
    def standing(self) -> TaskStanding:
        history = self.tuner.history
        return TaskStanding(
            name=str(self.given),
            weight=self.given.weight,
            known=self._known,
            trials=self.tuner.trials,
            best_ns=history.best_ns if history.best_ns < float("inf") else None,
            failures=dict(history.failures),
            ending=self.ending,
        )

    def result(self, seconds: float, ending: Ending) -> TaskResult:
        error = self.error.message if self.error else None
        own: Ending = "exhausted" if self.ending == "exhausted" else ending
        result = self.tuner.result(seconds, own)
        return TaskResult(str(self.given), self.given.weight, result, error)


def _merged(tasks: Sequence[WeightedTask]) -> list[WeightedTask]:
    """Return the tasks; equal ones are one task with the sum of their weights."""
    merged: dict[tuple[str, str, int], WeightedTask] = {}
    for given in tasks:
        task = given.task
        key = (task.key, task.target_record.text, task.threads)
        known = merged.get(key)
        weight = given.weight + (known.weight if known else 0)
        merged[key] = replace(known or given, weight=weight)
    return list(merged.values())
