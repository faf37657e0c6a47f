"""Training data from trials."""

from typing import Any

import numpy as np
import pytest

from autosched.cost_model.datasets import (
    Dataset,
    Task,
    from_traces,
    from_trials,
    held_out_candidates,
    held_out_tasks,
    throughputs,
)
from autosched.cost_model.features import extract, feature_names
from autosched.cost_model.lifting import families
from autosched.schedule.trace import to_json
from autosched.tuning_logs.records import TrialRecord
from tests.cost_model.expressions import candidates, derived


def trial(trace: str, **changes: Any) -> TrialRecord:
    given = {
        "workload": "matmul", "target": "cpu", "session": "s", "trace": trace, "outcome": "ok"
    }  # fmt: skip
    return TrialRecord(**{**given, **changes})


def some_traces(count: int) -> list[str]:
    _, sketches = derived("matmul")
    vectors = candidates(sketches[0], count)
    return [to_json(sketches[0].bind(vector.tolist())) for vector in vectors]


@pytest.mark.parametrize("name", ["matmul", "convolution", "softmax"])
def test_features_of_traces_are_those_of_their_sketches(name: str) -> None:
    output, sketches = derived(name)
    traces, rows = [], []
    for sketch in sketches[:3]:
        vectors = candidates(sketch, 4)
        rows.append(extract([output], sketch, vectors))
        traces += [sketch.bind(vector.tolist()) for vector in vectors]
    order = np.random.default_rng(0).permutation(len(traces))
    found = from_traces([output], [traces[place] for place in order])
    np.testing.assert_allclose(found, np.concatenate(rows)[order], rtol=1e-5)


def test_traces_of_one_structure_are_one_family() -> None:
    _, sketches = derived("matmul")
    traces = [sketch.bind(v.tolist()) for sketch in sketches[:2] for v in candidates(sketch, 3)]
    found = families(traces)
    assert [family.rows.tolist() for family in found] == [[0, 1, 2], [3, 4, 5]]
    for family in found:
        for row, vector in zip(family.rows, family.vectors, strict=True):
            assert family.sketch.bind(vector.tolist()) == traces[row]


def test_throughputs_are_relative_to_the_best_and_failures_have_none() -> None:
    assert throughputs([4.0, None, 2.0, 8.0]).tolist() == [0.5, 0.0, 1.0, 0.25]
    assert throughputs([None, None]).tolist() == [0.0, 0.0]
    assert throughputs([]).tolist() == []


def test_trials_are_grouped_by_what_can_be_compared() -> None:
    output, _ = derived("matmul")
    a, b, c = some_traces(3)
    trials = [
        trial(a, times_ns=(30.0,)),
        trial(a, times_ns=(20.0,), threads=2),
        trial(b, times_ns=(10.0, 15.0, 90.0)),
        trial(c, outcome="timeout"),
        trial("not even a trace", outcome="illegal"),
    ]
    data = from_trials(trials, {"matmul": [output]}.__getitem__)
    assert data.tasks == (Task("matmul", "cpu", 1), Task("matmul", "cpu", 2))
    assert data.groups.tolist() == [0, 0, 0, 1]
    assert data.y.tolist() == [0.5, 1.0, 0.0, 1.0]
    assert data.X.shape == (4, len(feature_names))
    np.testing.assert_array_equal(data.X[0], data.X[3])


def test_an_empty_database_is_an_empty_dataset() -> None:
    data = from_trials([], {}.__getitem__)
    assert (len(data), data.tasks) == (0, ())


def numbered(groups: list[int]) -> Dataset:
    X = np.arange(len(groups), dtype=np.float32)[:, None]
    tasks = tuple(Task(str(group), "cpu", 1) for group in sorted(set(groups)))
    return Dataset(X, np.zeros(len(groups), np.float32), np.array(groups), tasks)


def test_held_out_tasks_are_not_trained_on() -> None:
    tested: list[int] = []
    for train, test in held_out_tasks(numbered([0, 0, 1, 1, 2, 2]), 3):
        assert not set(train.groups) & set(test.groups)
        tested += test.X[:, 0].astype(int).tolist()
    assert sorted(tested) == list(range(6))


def test_held_out_candidates_are_of_every_task() -> None:
    splits = list(held_out_candidates(numbered([0] * 8 + [1] * 4), 0.5, repeats=3, seed=1))
    assert len(splits) == 3
    for train, test in splits:
        assert sorted(test.groups) == [0] * 4 + [1] * 2
        assert not set(train.X[:, 0]) & set(test.X[:, 0])
