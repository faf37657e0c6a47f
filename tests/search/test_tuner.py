"""The rounds of a search, its end, and searches at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np
import pytest

from autosched.measure.measurer import Collect, Report
from autosched.measure.outcome import Outcome
from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate
from autosched.search.events import Begun, Event, Finished, RoundBegun, TrialDone
from autosched.search.history import History
from autosched.search.learning import LEAST_TRIALS, learner
from autosched.search.result import TuneResult
from autosched.search.strategies.base import Scorer
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.strategies.random import RandomStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import MemoryStore
from tests.measure.replay import ReplayMeasurer
from tests.search.runs import run, traces
from tests.search.tasks import copy_task, made_up_measurer, matmul_task


def test_the_given_number_of_trials_is_measured_and_stored() -> None:
    store = MemoryStore()
    result = run(store, 70)
    assert result.trials == len(traces(store)) == 70
    assert result.ending == "trials"
    assert not result.interrupted
    assert result.best == store.best(matmul_task().key, result.target)
    assert result.time_ns == min(result.curve) == result.curve[-1]
    assert result.gflops == pytest.approx(2 * 32 * 48 * 16 / result.curve[-1])


def test_the_same_seed_gives_the_same_search() -> None:
    first, again, other = MemoryStore(), MemoryStore(), MemoryStore()
    run(first, 60, seed=3)
    run(again, 60, seed=3)
    run(other, 60, seed=4)
    assert traces(first) == traces(again)
    assert traces(first) != traces(other)


def test_a_second_run_measures_other_candidates() -> None:
    store = MemoryStore()
    run(store, 40)
    events: list[Event] = []
    result = run(store, 40, on_event=events.append)
    assert result.trials == 40
    assert len(set(traces(store))) == 80
    assert isinstance(events[0], Begun)
    assert events[0].known == 40
    assert events[0].best_ns == min(trial.time_ns or 0 for trial in list(store.trials())[:40])


def test_another_thread_count_is_another_task() -> None:
    store = MemoryStore()
    run(store, 20, task=matmul_task(threads=2))
    events: list[Event] = []
    run(store, 20, task=matmul_task(threads=3), on_event=events.append)
    assert isinstance(events[0], Begun)
    assert events[0].known == 0
    assert len(traces(store)) == 40
    assert set(traces(store)[:20]) & set(traces(store)[20:]), "the first guesses are the same"


def test_an_exhausted_space_ends_the_run() -> None:
    store = MemoryStore()
    result = run(store, 1000, task=copy_task())
    assert result.ending == "exhausted"
    assert result.trials == len(traces(store)) == copy_task().size
    again = run(store, 1000, task=copy_task())
    assert (again.trials, again.ending) == (0, "exhausted")
    assert again.best is not None


def test_without_time_there_are_no_trials() -> None:
    store = MemoryStore()
    result = run(store, 10, time_limit=0)
    assert (result.trials, result.ending, result.best) == (0, "time_limit", None)
    assert (result.time_ns, result.gflops, result.trace) == (None, None, None)


def test_the_time_limit_ends_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("autosched.search.rounds.time.monotonic", lambda: float(next(clock)))
    store = MemoryStore()
    result = run(store, 100, time_limit=9.5)
    assert result.ending == "time_limit"
    assert 0 < result.trials == len(traces(store)) < 16


def test_failures_are_stored_with_their_reason() -> None:
    def lookup(workload: str, trace: str) -> Outcome:
        return Outcome("crashed", "SIGSEGV")

    store = MemoryStore()
    result = run(store, 20, measurer=ReplayMeasurer(lookup))
    assert result.failures == {"crashed": 20}
    assert result.best is None
    assert {(trial.outcome, trial.reason) for trial in store.trials()} == {("crashed", "SIGSEGV")}


class Interrupted(ReplayMeasurer):
    """Raises KeyboardInterrupt after a number of outcomes."""

    def __init__(self, task: Task, after: int):
        super().__init__(made_up_measurer(task)._lookup)
        self.left = after

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        def interrupt(position: int, outcome: Outcome) -> None:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            assert report is not None
            report(position, outcome)

        return super().measure(workload, candidates, best_ns, interrupt)


def test_ctrl_c_keeps_the_measured_trials() -> None:
    store = MemoryStore()
    events: list[Event] = []
    measurer = Interrupted(matmul_task(), after=21)
    result = run(store, 100, measurer=measurer, on_event=events.append)
    assert result.interrupted
    assert result.trials == len(traces(store)) == 21
    assert result.best is not None
    assert store.sessions()[0].ended is not None
    assert events[-1] == Finished(result)


def test_bugs_in_autosched_are_counted_and_the_run_goes_on() -> None:
    outcomes = cycle(
        [
            Outcome("internal_error", "KeyError: 1\nTraceback"),
            Outcome("wrong_result", "expected 1 at c[0], got 2"),
            Outcome("wrong_result", "expected 1 at c[0], got 1.001", may_be_rounding=True),
            Outcome("crashed", "SIGSEGV in the run"),
            Outcome("crashed", "SIGSEGV in the build", while_building=True),
            Outcome("ok", "", (5.0,)),
        ]
    )
    store = MemoryStore()
    result = run(store, 24, measurer=ReplayMeasurer(lambda workload, trace: next(outcomes)))
    assert (result.trials, result.ending) == (24, "trials")
    assert result.failures == {"internal_error": 4, "wrong_result": 8, "crashed": 8}
    bug, crash, wrong = result.faults
    assert (crash.kind, crash.reason) == ("crashed", "SIGSEGV in the build")
    assert (bug.kind, bug.reason) == ("internal_error", "KeyError: 1\nTraceback")
    assert (wrong.kind, wrong.reason) == ("wrong_result", "expected 1 at c[0], got 2")
    assert bug.count >= 4
    assert wrong.count >= 4
    stored = {trial.outcome: trial.reason for trial in store.trials()}
    assert stored["internal_error"] == "KeyError: 1\nTraceback"


def test_an_exception_of_the_measurer_ends_the_run() -> None:
    def lookup(workload: str, trace: str) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(MemoryStore(), 10, measurer=ReplayMeasurer(lookup))


def test_every_trial_has_an_event() -> None:
    events: list[Event] = []
    result = run(MemoryStore(), 50, on_event=events.append)
    done = [event for event in events if isinstance(event, TrialDone)]
    assert [event.number for event in done] == list(range(1, 51))
    assert [event.best_ns for event in done] == list(result.curve)
    sizes = [event.size for event in events if isinstance(event, RoundBegun)]
    assert sum(sizes) == 50


class InTheBackground(ReplayMeasurer):
    """A measurer in the background that records the order of its calls."""

    def __init__(self, task: Task, notes: list[str]):
        super().__init__(made_up_measurer(task)._lookup)
        self._notes = notes

    def prepare(self, workload: str) -> None:
        self._notes.append("prepared")

    def begin(self, workload: str, candidates: Sequence[str], early: int | None = None) -> Collect:
        self._notes.append(f"begun {len(candidates)}")

        def collect(report: Report | None = None, best_ns: float | None = None) -> list[Outcome]:
            def noted(position: int, outcome: Outcome) -> None:
                self._notes.append(f"measured {position}")
                assert report is not None
                report(position, outcome)

            return self.measure(workload, candidates, best_ns, noted)

        return collect


def test_the_next_round_begins_while_one_is_measured() -> None:
    notes: list[str] = []
    task = matmul_task()
    measurer = InTheBackground(task, notes)
    tuner = Tuner(task, measurer, MemoryStore(), RandomStrategy(), batch=4)
    result = tuner.run(10)
    assert (result.ending, result.trials) == ("trials", 10)
    first = ["begun 4", "measured 0", "measured 1", "begun 4", "measured 2", "measured 3"]
    second = ["measured 0", "measured 1", "begun 2", "measured 2", "measured 3"]
    assert notes[:14] == ["prepared", *first, *second, "measured 0", "measured 1"]


class Indifferent:
    """A Scorer to which all candidates are alike."""

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return np.zeros(len(vectors))


def test_the_first_model_learns_while_what_it_does_not_need_is_measured() -> None:
    task = matmul_task()
    notes: list[str] = []
    known: list[int] = []

    def learn(history: History) -> Scorer | None:
        known.append(len(history.measured))
        return Indifferent() if len(history.measured) >= LEAST_TRIALS else None

    measurer = InTheBackground(task, notes)
    Tuner(task, measurer, MemoryStore(), RandomStrategy(), learn=learn, batch=16).run(48)
    assert known == [0, LEAST_TRIALS, 32]
    assert [note for note in notes if "begun" in note] == ["begun 24", "begun 16", "begun 8"]


def test_a_model_chooses_the_last_of_a_few_trials() -> None:
    task = matmul_task()
    known: list[int] = []

    def learn(history: History) -> Scorer | None:
        known.append(len(history.measured))
        return Indifferent() if len(history.measured) >= LEAST_TRIALS else None

    measurer = InTheBackground(task, [])
    Tuner(task, measurer, MemoryStore(), RandomStrategy(), learn=learn, batch=16).run(20)
    assert known == [0, LEAST_TRIALS]


def test_rounds_grow_with_what_is_known() -> None:
    task = matmul_task()
    events: list[Event] = []
    tuner = Tuner(
        task,
        made_up_measurer(task),
        MemoryStore(),
        RandomStrategy(),
        batch=2,
        on_event=events.append,
    )
    tuner.run(40)
    sizes = [event.size for event in events if isinstance(event, RoundBegun)]
    assert sizes == [2, 2, 2, 2, 2, 2, 3, 3, 4, 5, 6, 7]


def test_without_a_model_a_round_is_measured_whole() -> None:
    task = matmul_task()
    known: list[int] = []

    def learn(history: History) -> Scorer | None:
        known.append(len(history.measured))
        return Indifferent() if len(history.measured) >= 8 else None

    measurer = InTheBackground(task, [])
    Tuner(task, measurer, MemoryStore(), RandomStrategy(), learn=learn, batch=4).run(18)
    assert known == [0, 6, 12, 14]


def test_the_same_seed_gives_the_same_search_in_the_background() -> None:
    task = matmul_task()
    first, again = MemoryStore(), MemoryStore()
    for store in (first, again):
        learn = learner(task.backend, seed=0).learn
        measurer = InTheBackground(task, [])
        Tuner(task, measurer, store, EvolutionaryStrategy(), learn=learn).run(48)
    assert traces(first) == traces(again)


def test_a_space_is_exhausted_in_the_background() -> None:
    task = copy_task()
    measurer = InTheBackground(task, [])
    tuner = Tuner(task, measurer, MemoryStore(), RandomStrategy(), batch=4)
    result = tuner.run(10)
    assert (result.ending, result.trials) == ("exhausted", task.size)


def test_a_round_that_was_begun_is_abandoned_at_the_time_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes: list[str] = []
    measurer = InTheBackground(matmul_task(), notes)
    now = iter(range(1000))
    monkeypatch.setattr("autosched.search.rounds.time.monotonic", lambda: float(next(now)))
    tuner = Tuner(matmul_task(), measurer, MemoryStore(), RandomStrategy(), batch=4)
    result = tuner.run(100, time_limit=4.5)
    assert (result.ending, result.trials) == ("time_limit", 4)
    assert notes == [
        *("prepared", "begun 4", "measured 0", "measured 1"),
        *("begun 4", "measured 2", "measured 3", "measured 0"),
    ]


def test_concurrent_searches_share_the_candidates() -> None:
    """Both have one seed; a whole second search runs inside of each round of the first."""
    store = MemoryStore()
    inner: list[TuneResult] = []

    def meanwhile(event: Event) -> None:
        if isinstance(event, RoundBegun):
            inner.append(run(store, 16))

    outer = run(store, 32, on_event=meanwhile)
    assert outer.trials == 32
    assert [result.trials for result in inner] == [16, 16]
    assert len(traces(store)) == 64


def test_a_search_does_not_wait_for_claims_of_others() -> None:
    store, task = MemoryStore(), copy_task()
    inner: list[TuneResult] = []

    def meanwhile(event: Event) -> None:
        if isinstance(event, RoundBegun) and not inner:
            inner.append(run(store, 1000, task=task))

    outer = run(store, 16, task=task, on_event=meanwhile)
    assert outer.trials + inner[0].trials == len(traces(store))
    assert inner[0].ending == "exhausted"


def test_a_search_that_raises_leaves_no_claims() -> None:
    store, task = MemoryStore(), copy_task()

    def broken(event: Event) -> None:
        if isinstance(event, TrialDone):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(store, 1000, task=task, on_event=broken)
    run(store, 1000, task=task)
    assert len(traces(store)) == run(MemoryStore(), 1000, task=task).trials


class UnluckyDefault(ReplayMeasurer):
    """Takes long for the default of the first sketch when it is measured for the first time."""

    def __init__(self, task: Task):
        sketch = task.sketches[0]
        self.default = Candidate(sketch, 0, sketch.default).trace
        super().__init__(lambda workload, trace: Outcome("ok", "", (self._time(trace, 9e9),)))

    def _time(self, trace: str, of_default: float) -> float:
        return of_default if trace == self.default else 1000.0

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        return [Outcome("ok", "", (self._time(trace, 1.0),) * 3) for trace in candidates]


def test_the_default_is_among_the_finalists() -> None:
    store, task = MemoryStore(), matmul_task()
    measurer = UnluckyDefault(task)
    result = Tuner(task, measurer, store, EvolutionaryStrategy()).run(32)
    assert result.best is not None
    assert result.best.trace == measurer.default
