import numpy as np

from autosched.schedule.trace import to_json
from autosched.search.candidate import Candidate
from autosched.search.choice import choose
from autosched.search.task import Task
from autosched.search.transfer import adapt, relatives
from autosched.tuning_logs import MemoryStore, SessionRecord, TrialRecord
from tests.search.tasks import copy_task, matmul_task

SESSION = SessionRecord(id="s", strategy="random", seed=0)


def remember(store: MemoryStore, task: Task, candidate: Candidate, time_ns: float) -> None:
    store.add_workload(task.record)
    store.add_target(task.target_record)
    store.start_session(SESSION)
    store.add_trial(
        TrialRecord(
            workload=task.key,
            target=task.target_record.text,
            session="s",
            trace=candidate.trace,
            outcome="ok",
            times_ns=(time_ns,),
            threads=task.threads,
        )
    )


def some_candidate(task: Task, number: int = 3, seed: int = 0) -> Candidate:
    sketch = task.sketches[number]
    vector = sketch.sample(np.random.default_rng(seed), 1)[0]
    return Candidate(sketch, number, tuple(map(int, vector)))


def test_a_trace_adapts_to_itself() -> None:
    task = matmul_task()
    for number in range(len(task.sketches)):
        candidate = some_candidate(task, number)
        found = adapt(task.sketches, candidate.trace)
        assert found is not None
        assert found.trace == candidate.trace


def test_decisions_move_to_the_nearest_choices() -> None:
    large, small = matmul_task(640, 640, 640), matmul_task(20, 64, 16)
    for number in range(len(large.sketches)):
        candidate = some_candidate(large, number)
        found = adapt(small.sketches, candidate.trace)
        if found is not None:
            choices = [decision.choices for decision in found.sketch.decisions]
            assert all(v in c for v, c in zip(found.vector, choices, strict=True))
            assert found.sketch.holds(np.array([found.vector]))[0]
    assert adapt(small.sketches, some_candidate(large, 0).trace) is not None


def test_another_structure_does_not_fit() -> None:
    assert adapt(copy_task().sketches, some_candidate(matmul_task()).trace) is None


def test_the_nearest_sizes_are_taken() -> None:
    store = MemoryStore()
    near, far, other = matmul_task(64, 48, 16), matmul_task(640, 640, 640), copy_task()
    for task in (far, near):
        remember(store, task, some_candidate(task), 10.0)
    remember(store, other, some_candidate(other, 0), 10.0)
    found = [relative.workload.key for relative in relatives(matmul_task(), store)]
    assert found == [near.key, far.key]
    best = choose(matmul_task(), store).trial
    assert best is not None
    assert best.workload == near.key
    assert choose(copy_task(10), store).origin == "nearest"


def test_build_chooses_tuned_then_nearest_then_default() -> None:
    store = MemoryStore()
    task = matmul_task()
    assert choose(task, None).origin == "default"
    assert choose(task, store).origin == "default"

    remember(store, matmul_task(64, 48, 16), some_candidate(matmul_task(64, 48, 16)), 10.0)
    assert choose(task, store).origin == "nearest"

    remember(store, matmul_task(threads=2), some_candidate(matmul_task(), 1), 10.0)
    choice = choose(task, store)
    assert choice.origin == "nearest"
    assert "2 threads" in choice.reason
    assert to_json(choice.schedule.trace) == some_candidate(task, 1).trace

    remember(store, task, some_candidate(task, 2), 10.0)
    remember(store, task, some_candidate(task, 5), 9.0)
    choice = choose(task, store)
    assert choice.origin == "tuned"
    assert to_json(choice.schedule.trace) == some_candidate(task, 5).trace


def test_a_record_that_no_longer_applies_is_passed_over() -> None:
    store = MemoryStore()
    task = matmul_task()
    candidate = some_candidate(task)
    object.__setattr__(candidate, "sketch", None)
    candidate.__dict__["trace"] = '{"version":1,"steps":[["no_such_step",1]]}'
    remember(store, task, candidate, 1.0)
    assert choose(task, store).origin == "default"
