"""Trials are shared among tasks by what they gain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from autosched import te
from autosched.backends.cpu.backend import CpuBackend
from autosched.errors import MeasureError
from autosched.measure.outcome import Outcome
from autosched.ops.instance import from_tensors
from autosched.search.events import (
    Event,
    Listener,
    TaskChanged,
    TasksBegun,
    TasksFinished,
    TrialDone,
)
from autosched.search.result import TasksResult
from autosched.search.scheduler import FLOOR, WARM_UP, TaskScheduler, WeightedTask
from autosched.search.strategies.random import RandomStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import MemoryStore, Store
from tests.measure.replay import ReplayMeasurer
from tests.search.runs import traces
from tests.search.tasks import MACHINE, copy_task

Curve = Callable[[int], float | None]
"""The time of a task's trial by its number from 1 on; None for a failure."""


def flat(number: int) -> float | None:
    return 1000.0


def falling(number: int) -> float | None:
    return 1000.0 * (0.2 + 0.8 / number**0.5)


def failing(number: int) -> float | None:
    return None


class Curves:
    """Outcomes by the curves of tasks, and how many trials each had."""

    def __init__(self, curves: Mapping[Task, Curve]):
        self.curves = {task.text: curve for task, curve in curves.items()}
        self.counts: Counter[str] = Counter()

    def lookup(self, workload: str, trace: str) -> Outcome:
        self.counts[workload] += 1
        time_ns = self.curves[workload](self.counts[workload])
        if time_ns is None:
            return Outcome("crashed", "SIGSEGV")
        return Outcome("ok", "", (time_ns,))

    def trials(self, task: Task) -> int:
        return self.counts[task.text]


def tuned(
    curves: Curves,
    tasks: list[WeightedTask],
    trials: int | None,
    store: Store | None = None,
    on_event: Listener | None = None,
    time_limit: float | None = None,
    measurer: ReplayMeasurer | None = None,
) -> TasksResult:
    known = MemoryStore() if store is None else store
    measuring = measurer or ReplayMeasurer(curves.lookup)
    measuring.compare = lambda workload, traces, rounds=10: [  # type: ignore[method-assign]
        Outcome("ok", "", ()) for _ in traces
    ]

    def tuner(task: Task, listener: Listener) -> Tuner:
        return Tuner(task, measuring, known, RandomStrategy(), on_event=listener, batch=8)

    return TaskScheduler(tasks, tuner, on_event).run(trials, time_limit)


def scaled_task(m: int, factor: float) -> Task:
    """A matmul times a number: similar only to those of the same number."""
    X = te.placeholder((m, 16), name="X")
    Y = te.placeholder((16, 48), name="Y")
    k = te.reduce_axis((0, 16), name="k")
    Z = te.compute((m, 48), lambda i, j: te.sum(X[i, k] * Y[k, j], axis=k), name="Z")
    scaled = te.compute((m, 48), lambda i, j: Z[i, j] * factor, name="scaled")
    backend = CpuBackend(MACHINE.with_threads(1))
    return Task.of(from_tensors([X, Y, scaled], f"scaled{m}"), backend)


A, B, C = scaled_task(32, 2.0), scaled_task(48, 3.0), scaled_task(64, 4.0)


def test_the_budget_goes_where_the_gain_is() -> None:
    curves = Curves({A: flat, B: falling, C: flat})
    result = tuned(curves, [WeightedTask(task) for task in (A, B, C)], 240)
    assert (result.trials, result.ending) == (240, "trials")
    assert sum(curves.counts.values()) == 240
    assert curves.trials(B) > 1.5 * max(curves.trials(A), curves.trials(C))


def test_equal_tasks_get_equal_shares() -> None:
    curves = Curves(dict.fromkeys((A, B, C), flat))
    tuned(curves, [WeightedTask(task) for task in (A, B, C)], 3 * (WARM_UP + 9 * 8))
    assert {curves.trials(task) for task in (A, B, C)} == {WARM_UP + 9 * 8}


def test_what_is_computed_more_often_gets_more() -> None:
    curves = Curves({A: falling, B: falling})
    tuned(curves, [WeightedTask(A, 1), WeightedTask(B, 9)], 160)
    assert curves.trials(B) > 2 * curves.trials(A)


def test_a_task_follows_a_faster_one_that_is_similar() -> None:
    like_a = scaled_task(48, 2.0)
    curves = Curves({A: lambda n: 1000.0, like_a: lambda n: 9000.0, B: lambda n: 9000.0})
    tuned(curves, [WeightedTask(A), WeightedTask(like_a), WeightedTask(B)], 96)
    assert curves.trials(like_a) > 1.5 * curves.trials(B)


def test_every_task_has_a_floor() -> None:
    curves = Curves({A: flat, B: falling})
    tuned(curves, [WeightedTask(A, 1e-9), WeightedTask(B, 1)], 400)
    assert FLOOR * 200 - 8 < curves.trials(A) < 60


def test_a_task_that_always_fails_starves_no_other() -> None:
    curves = Curves({A: failing, B: falling})
    result = tuned(curves, [WeightedTask(A, 100), WeightedTask(B)], 200)
    assert result.trials == 200
    assert WARM_UP <= curves.trials(A) < 40
    assert result.tasks[0].result.failures == {"crashed": curves.trials(A)}
    assert result.total_ns is None


def test_a_workload_that_cannot_be_measured_ends_with_its_reason() -> None:
    curves = Curves({A: flat, B: flat})

    class Broken(ReplayMeasurer):
        def measure(self, workload, candidates, best_ns=None, report=None):  # type: ignore[no-untyped-def]
            if workload == A.text:
                raise MeasureError("expected a reference, got none")
            return super().measure(workload, candidates, best_ns, report)

    tasks = [WeightedTask(A), WeightedTask(B)]
    result = tuned(curves, tasks, 40, measurer=Broken(curves.lookup))
    assert [task.error for task in result.tasks] == ["expected a reference, got none", None]
    assert curves.trials(B) == 40 - WARM_UP
    with pytest.raises(MeasureError, match="a reference"):
        tuned(curves, tasks[:1], 40, measurer=Broken(curves.lookup))


def test_fewer_trials_than_tasks_go_to_the_heaviest() -> None:
    curves = Curves({A: flat, B: flat, C: flat})
    result = tuned(curves, [WeightedTask(A), WeightedTask(B), WeightedTask(C)], 2)
    assert result.trials == curves.trials(C) == 2
    assert [task.result.trials for task in result.tasks] == [0, 0, 2]


def test_no_trials_are_no_error() -> None:
    result = tuned(Curves({A: flat}), [WeightedTask(A)], 0)
    assert (result.trials, result.ending, result.total_ns) == (0, "trials", None)


def test_equal_tasks_are_one() -> None:
    curves = Curves({A: flat})
    result = tuned(curves, [WeightedTask(A, 2, "first"), WeightedTask(A, 3, "second")], 16)
    assert [(task.name, task.weight) for task in result.tasks] == [("first", 5)]
    assert result.total_ns == 5000.0


def test_a_second_run_goes_on_from_what_is_known() -> None:
    store = MemoryStore()
    curves = Curves({A: flat, B: falling})
    tasks = [WeightedTask(A), WeightedTask(B)]
    tuned(curves, tasks, 80, store)
    first = curves.trials(A), curves.trials(B)
    events: list[Event] = []
    tuned(curves, tasks, 80, store, events.append)
    assert isinstance(events[0], TasksBegun)
    assert [task.known for task in events[0].tasks] == list(first)
    assert len(set(traces(store))) <= sum(curves.counts.values()) == 160
    assert curves.trials(B) - first[1] > curves.trials(A) - first[0]


def test_a_second_run_needs_no_warm_up() -> None:
    store = MemoryStore()
    tasks = [WeightedTask(A, 1), WeightedTask(B, 9), WeightedTask(C, 1)]
    tuned(Curves(dict.fromkeys((A, B, C), flat)), tasks, 3 * WARM_UP, store)
    curves = Curves(dict.fromkeys((A, B, C), flat))
    tuned(curves, tasks, 16, store)
    assert curves.trials(B) == 16


def test_exhausted_tasks_end_and_the_others_go_on() -> None:
    copy = copy_task()
    curves = Curves({copy: flat, B: flat})
    result = tuned(curves, [WeightedTask(copy, 9), WeightedTask(B)], 100)
    assert curves.trials(copy) == copy.size
    assert curves.trials(B) == 100 - copy.size
    assert [task.result.ending for task in result.tasks] == ["exhausted", "trials"]
    assert tuned(Curves({copy: flat}), [WeightedTask(copy)], None).ending == "exhausted"


def test_ctrl_c_ends_the_run_with_what_is_known() -> None:
    curves = Curves({A: flat, B: flat})

    def interrupt(event: Event) -> None:
        if isinstance(event, TaskChanged) and event.done == 30:
            raise KeyboardInterrupt

    store = MemoryStore()
    result = tuned(curves, [WeightedTask(A), WeightedTask(B)], 100, store, interrupt)
    assert result.interrupted
    assert result.trials == len(traces(store)) == 30
    assert result.total_ns == 2000.0
    assert all(session.ended is not None for session in store.sessions())


def test_without_time_there_are_no_trials() -> None:
    result = tuned(Curves({A: flat}), [WeightedTask(A)], None, time_limit=0)
    assert (result.trials, result.ending) == (0, "time_limit")


def test_the_same_seed_gives_the_same_order() -> None:
    def order() -> list[int]:
        events: list[Event] = []
        curves = Curves({A: flat, B: falling, C: falling})
        tuned(curves, [WeightedTask(t, w) for t, w in ((A, 1), (B, 2), (C, 3))], 96, None,
              events.append)  # fmt: skip
        return [event.place for event in events if isinstance(event, TaskChanged)]

    assert order() == order()


def test_events_say_how_every_task_stands() -> None:
    events: list[Event] = []
    curves = Curves({A: flat, B: falling})
    result = tuned(curves, [WeightedTask(A, 2, "a"), WeightedTask(B)], 48, None, events.append)
    begun, *changes, finished = events
    assert begun == TasksBegun(begun.tasks, 48)  # type: ignore[union-attr]
    assert finished == TasksFinished(result)
    trials = [e for e in changes if isinstance(e, TaskChanged) and isinstance(e.event, TrialDone)]
    assert [event.done for event in trials] == list(range(1, 49))
    last = next(event.task for event in reversed(trials) if event.place == 0)
    assert (last.name, last.weight, last.best_ns, last.total_ns) == ("a", 2, 1000.0, 2000.0)
