"""The fastest trials are measured again, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from autosched.measure.measurer import Report
from autosched.measure.outcome import Outcome
from autosched.search.task import Task
from autosched.tuning_logs import MemoryStore
from tests.measure.replay import ReplayMeasurer
from tests.search.runs import run
from tests.search.tasks import made_up_measurer, matmul_task


class FailingFinalists(ReplayMeasurer):
    """Candidates that pass the first measurement and fail the second."""

    def __init__(self, task: Task, kind: Literal["wrong_result", "crashed", "timeout"]):
        super().__init__(made_up_measurer(task)._lookup)
        self._kind = kind
        self.failed: set[str] = set()

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        outcomes = [
            Outcome("ok", "", (1.0,)) if candidate in self.failed else Outcome(self._kind, "now")
            for candidate in candidates
        ]
        self.failed.update(candidates)
        return outcomes


def test_a_wrong_finalist_is_refused_and_reported() -> None:
    store = MemoryStore()
    result = run(store, 20, measurer=FailingFinalists(matmul_task(), "wrong_result"))
    assert result.best is None
    assert {trial.outcome for trial in store.trials()} == {"wrong_result"}
    assert [(fault.kind, fault.reason) for fault in result.faults] == [("wrong_result", "now")]


def test_a_finalist_with_a_timeout_keeps_its_times() -> None:
    store = MemoryStore()
    result = run(store, 20, measurer=FailingFinalists(matmul_task(), "timeout"))
    assert result.best is not None
    assert {trial.outcome for trial in store.trials()} == {"ok"}
    assert result.faults == ()


class LuckyFirst(ReplayMeasurer):
    """Lucky candidates seem ten times as fast in their first measurement."""

    def __init__(self, task: Task):
        super().__init__(made_up_measurer(task)._lookup)
        self.compared: list[str] = []

    def first(self, workload: str, candidate: str) -> Outcome:
        times = self._lookup(workload, candidate).times_ns
        lucky = hash_bit(candidate)
        return Outcome("ok", "", tuple(t / 10 if lucky else t for t in times))

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        self.compared += candidates
        outcomes = [self._lookup(workload, candidate) for candidate in candidates]
        return [Outcome("ok", "", outcome.times_ns * rounds) for outcome in outcomes]


def hash_bit(text: str) -> bool:
    return sum(map(ord, text)) % 8 == 0


def test_the_best_is_measured_again() -> None:
    store = MemoryStore()
    measurer = LuckyFirst(matmul_task())
    result = run(store, 60, measurer=measurer)
    assert result.best is not None
    assert result.best.trace in measurer.compared
    assert set(Counter(measurer.compared).values()) == {1}
    assert len(result.best.times_ns) == 6


class Promising(ReplayMeasurer):
    """The first six candidates seem to be the fastest, but only the first is nearly so."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.heats: list[list[int]] = []

    def first(self, workload: str, candidate: str) -> Outcome:
        number = self.numbers.setdefault(candidate, len(self.numbers))
        seems = 10.0 + number if number < 6 else 20.0 + 6 * (number - 6)
        return Outcome("ok", "", (seems,))

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        numbers = [self.numbers[candidate] for candidate in candidates]
        self.heats.append(numbers)
        times = {0: 25.0, 6: 20.0}
        return [Outcome("ok", "", (times.get(number, 90.0),) * rounds) for number in numbers]


def test_later_heats_have_only_what_seems_faster() -> None:
    measurer = Promising()
    result = run(MemoryStore(), 20, measurer=measurer)
    first, *later = measurer.heats
    assert {*range(6)} <= {*first}
    assert later == [[6]]
    assert result.time_ns == 20.0


class Disturbed(LuckyFirst):
    """Most repeats of the fastest candidates are disturbed when they are first measured."""

    def __init__(self, task: Task, limit_ns: float):
        super().__init__(task)
        self.limit_ns = limit_ns

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        outcomes = []
        for position, candidate in enumerate(candidates):
            (time,) = self._lookup(workload, candidate).times_ns
            slow = 3 * time if time < self.limit_ns else time
            outcomes.append(Outcome("ok", "", (time, slow, slow)))
            if report:
                report(position, outcomes[-1])
        return outcomes


def test_a_fast_candidate_with_a_disturbed_time_is_found() -> None:
    calm = run(MemoryStore(), 60)
    assert calm.time_ns is not None
    result = run(MemoryStore(), 60, measurer=Disturbed(matmul_task(), calm.time_ns + 1))
    assert result.time_ns == calm.time_ns
