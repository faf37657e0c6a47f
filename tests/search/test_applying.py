"""Trials that do not apply any more are skipped, marked and reported."""

import pytest

from autosched.backends.cpu.backend import CpuBackend
from autosched.errors import LoweringError
from autosched.schedule.trace import to_json
from autosched.search.applying import Replayer, set_aside, unreplayable
from autosched.search.candidate import Candidate
from autosched.search.choice import choices, choose
from autosched.search.kernels import build_best
from autosched.search.strategies.random import RandomStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import MemoryStore, TrialRecord, new_session
from tests.backends.vta.tasks import conv_task
from tests.search.tasks import made_up_measurer, matmul_task

POISON = [
    "no JSON",
    "[" * 100_000,
    '{"version":99,"steps":[]}',
    '{"version":1,"steps":[["no_such_step",1]]}',
    '{"version":1,"steps":[["split",0,0,{"factor":0}]]}',
    '{"version":1,"steps":[["split",0,"x",{"factor":[1]}]]}',
    '{"version":1,"steps":[["split",99,0,{"factor":8}]]}',
    '{"version":1,"steps":[["split",0,0,{"factor":{"decision":3}}]]}',
    '{"version":1,"steps":[["vectorize",0,1e999]]}',
    '{"version":1,"steps":[["reorder",0,[0,0,0]]]}',
]


def poisoned(task: Task) -> MemoryStore:
    """A store in which the fastest trials do not apply; the next one takes 10 ns."""
    store = MemoryStore()
    store.add_workload(task.record)
    store.add_target(task.target_record)
    session = new_session(strategy="test", seed=0)
    store.start_session(session)
    good = Candidate(task.sketches[0], 0, task.sketches[0].default)
    for number, trace in enumerate([*POISON, good.trace]):
        time_ns = 10.0 if trace == good.trace else 1.0 + number / 100
        store.add_trial(
            TrialRecord(
                workload=task.key,
                target=task.target_record.text,
                session=session.id,
                trace=trace,
                outcome="ok",
                times_ns=(time_ns,),
                threads=task.threads,
            )
        )
    return store


def test_the_next_best_that_applies_is_taken_and_told(caplog: pytest.LogCaptureFixture) -> None:
    task = matmul_task()
    store = poisoned(task)
    choice = choose(task, store)
    assert choice.origin == "tuned"
    assert choice.trial is not None
    assert choice.trial.time_ns == 10.0
    assert caplog.text.count("is passed over, since it does not apply") == len(POISON)
    tuned = [found.trial for found in choices(task, store) if found.origin == "tuned"]
    assert [trial.time_ns for trial in tuned if trial] == [10.0]


def test_what_has_no_code_is_passed_over(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = matmul_task()
    store = poisoned(task)
    best = choose(task, store)

    def no_nest(schedule: object, *_: object, **__: object) -> None:
        raise LoweringError("expected a nest, got none")

    monkeypatch.setattr("autosched.building.build_schedule", no_nest)
    with pytest.raises(LoweringError):
        build_best(task, store)
    assert best.trial is not None
    told = f"the stored trial {best.trial.trace_key[:12]!r} is passed over"
    assert told in caplog.text


def test_what_does_not_apply_is_set_aside() -> None:
    task = matmul_task()
    store = poisoned(task)
    set_aside(task, store)
    trials = list(store.trials())
    assert [trial.outcome for trial in trials] == ["illegal"] * len(POISON) + ["ok"]
    assert "it does not apply: expected the JSON text of a trace" in trials[0].reason
    assert "1 ns were stored for it" in trials[0].reason
    set_aside(task, store)
    assert list(store.trials()) == trials


def test_what_has_no_nest_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    task = matmul_task()
    store = poisoned(task)

    def no_nest(*_: object) -> None:
        raise LoweringError("expected a nest, got none")

    monkeypatch.setattr(CpuBackend, "check_lowers", no_nest)
    set_aside(task, store)
    assert store.best(task.key, task.target_record.text) is None


def test_a_tune_is_not_led_astray() -> None:
    task = matmul_task()
    store = poisoned(task)
    result = Tuner(task, made_up_measurer(task), store, RandomStrategy()).run(4)
    assert result.trials == 4
    assert result.trace is not None
    assert result.best == choose(task, store).trial
    assert min(result.curve) > 10.0


def test_trials_are_tried_on_the_workload_that_a_database_has() -> None:
    task = matmul_task()
    store = poisoned(task)
    (workload,) = store.workloads()
    found = [Replayer().why_not(workload, trial) for trial in store.trials()]
    assert all(found[:-1])
    assert found[-1] is None
    assert len(list(unreplayable(store))) == len(POISON)


def test_an_accelerators_trials_are_tried_too() -> None:
    task = conv_task()
    sketch = task.sketches[0]
    trial = TrialRecord(
        workload=task.key,
        target=task.target_record.text,
        session="s",
        trace=sketch.text(sketch.default),
        outcome="ok",
        times_ns=(1.0,),
    )
    assert "tensorize" in trial.trace
    assert Replayer().why_not(task.record, trial) is None
    assert to_json([]) != trial.trace
