"""The space of a template, and a search in it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autosched import te
from autosched.backends.cpu.backend import CpuBackend
from autosched.cost_model.models import RandomModel
from autosched.errors import WorkloadError
from autosched.measure.outcome import Outcome
from autosched.ops.instance import WorkloadInstance
from autosched.ops.templates.template import Template
from autosched.schedule.trace import from_json, replay
from autosched.search.features import TaskFeatures
from autosched.search.learning import Learner
from autosched.search.space.template import TemplateSketch, template_space
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import MemoryStore
from tests.measure.replay import ReplayMeasurer
from tests.search.tasks import MACHINE


def scaled(knobs):
    A = te.placeholder((64, 32), name="A")
    B = te.compute((64, 32), lambda i, j: A[i, j] * 2.0, name="B")
    s = te.create_schedule(B.op)
    i, j = s[B].op.axis
    knobs.define_split("tile", i)
    knobs.define_reorder("order", [i, j])
    knobs.define_unroll("unroll", j)
    knobs.define_knob("mode", ["good", "bad"])
    outer, inner = knobs["tile"].apply(s, B, i)
    knobs["order"].apply(s, B, [inner, j])
    knobs["unroll"].apply(s, B, j)
    if knobs["mode"].val == "bad":
        s[B].fuse(outer, j, inner)
        s[B].vectorize(i)
    return s, [A, B]


def task_of(function=scaled) -> Task:
    template = Template("scaled", function)
    instance = WorkloadInstance("scaled", {}, template.tensors, template=template)
    return Task.of(instance, CpuBackend(MACHINE.with_threads(1)))


def sketch_of(task: Task) -> TemplateSketch:
    (sketch,) = task.sketches
    assert isinstance(sketch, TemplateSketch)
    return sketch


def test_decisions_are_the_knobs() -> None:
    sketch = sketch_of(task_of())
    assert [(d.name, len(d.choices)) for d in sketch.decisions] == [
        ("tile", 7), ("order", 2), ("unroll", 2), ("mode", 2),
    ]  # fmt: skip
    assert sketch.decisions[1].labels == ("[0,1]", "[1,0]")
    assert sketch.size == 56
    assert len(sketch.every) == 28
    assert sketch.default == (3, 0, 0, 0)


def test_a_text_has_the_knobs_and_is_read_back() -> None:
    task = task_of()
    sketch = sketch_of(task)
    for vector in map(tuple, sketch.every.tolist()):
        text = sketch.text(vector)
        assert sketch.vector_of(text) == vector
        assert replay(task.workload.outputs, from_json(text)).trace == sketch.bind(vector)
    assert json.loads(sketch.text((1, 1, 1, 0)))["knobs"] == {
        "tile": [32, 2], "order": [1, 0], "unroll": True, "mode": "good",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '{"version":1,"steps":[]}',
        '{"version":1,"steps":[],"knobs":{"tile":[3]}}',
        '{"version":1,"steps":[],"knobs":{"tile":[32,2],"order":[0,1],"unroll":false,"mode":"good"}}',
    ],
)
def test_a_text_of_others_has_no_vector(text: str) -> None:
    assert sketch_of(task_of()).vector_of(text) is None


def test_illegal_values_are_left_out_and_counted() -> None:
    task = task_of()
    sketch = sketch_of(task)
    vectors = np.array([(0, 0, 0, 0), (0, 0, 0, 1), (1, 0, 0, 1)])
    assert sketch.holds(vectors).tolist() == [True, False, False]
    assert sketch.holds(vectors).tolist() == [True, False, False]
    assert sum(task.refused.values()) == 2
    drawn = sketch.sample(np.random.default_rng(0), 20)
    assert drawn.shape == (20, 4)
    assert set(drawn[:, 3]) == {0}


def test_filters_are_limits() -> None:
    def filtered(knobs):
        knobs.multi_filter(lambda knobs: knobs["tile"].size[1] >= 16 or knobs["mode"].val == "bad")
        return scaled(knobs)

    sketch = sketch_of(task_of(filtered))
    assert set(sketch.every[:, 0]) == {4, 5, 6}
    assert sketch.holds(np.array([sketch.default]))[0], "another default is found"
    assert sketch.limits[0].decisions == {0, 1, 2, 3}


def test_a_space_without_legal_values_says_why() -> None:
    def nothing(knobs):
        knobs.multi_filter(lambda knobs: False)
        return scaled(knobs)

    with pytest.raises(WorkloadError, match="that make a schedule, got none that keep the filters"):
        template_space(Template("nothing", nothing))


def test_features_are_those_of_the_steps() -> None:
    task = task_of()
    sketch = sketch_of(task)
    rows = TaskFeatures(task).of(sketch, sketch.every.copy())
    assert rows.shape[0] == len(sketch.every)
    for place, vector in enumerate(sketch.every[::5]):
        np.testing.assert_array_equal(
            rows[5 * place], TaskFeatures(task).of(sketch, vector[None].copy())[0]
        )
    assert len(np.unique(rows, axis=0)) > 20


def measured(task: Task, store: MemoryStore, trials: int):
    def cost(workload: str, trace: str) -> Outcome:
        knobs = json.loads(trace)["knobs"]
        assert json.loads(workload)
        return Outcome("ok", "", (100.0 + abs(knobs["tile"][1] - 8) + 50 * knobs["unroll"],))

    learner = Learner(RandomModel())
    return Tuner(
        task, ReplayMeasurer(cost), store, EvolutionaryStrategy(), learn=learner.learn, seed=1
    ).run(trials)


def test_a_search_goes_on_where_another_ended_and_tells_what_was_refused() -> None:
    store = MemoryStore()
    first = measured(task_of(), store, 20)
    second = measured(task_of(), store, 20)
    assert (first.trials, second.trials) == (20, 8)
    assert second.ending == "exhausted"
    assert len({trial.trace_key for trial in store.trials()}) == 28
    assert second.best is not None
    assert json.loads(second.best.trace)["knobs"]["tile"] == [8, 8]
    assert not first.failures
    assert sum(second.refused.values()) == 28
    assert str(second).count("no schedule for 14 values of the knobs: ") == 2


@pytest.mark.parametrize(
    ("knobs", "vector"),
    [
        ({"tile": [4, 8], "order": [1, 0], "unroll": True, "mode": "good"}, (3, 1, 1, 0)),
        ({"tile": [9, 27], "order": [0, 1], "unroll": False, "mode": "new"}, (5, 0, 0, 0)),
        ({"tile": "odd", "order": [0, 1], "unroll": False, "mode": "good"}, (3, 0, 0, 0)),
        ({"tile": [4, 8], "order": [1, 0], "unroll": True, "mode": "bad"}, None),
        ({"tile": [4, 8]}, None),
        ([], None),
    ],
)
def test_values_of_other_sizes_are_adapted(knobs, vector) -> None:
    assert sketch_of(task_of()).near({"version": 1, "steps": [], "knobs": knobs}) == vector


def test_the_best_of_a_template_at_another_size_is_tried_first() -> None:
    def sized(n):
        def template(knobs):
            A = te.placeholder((n, 8), name="A")
            B = te.compute((n, 8), lambda i, j: A[i, j] * 2.0, name="B")
            s = te.create_schedule(B.op)
            knobs.define_split("tile", s[B].op.axis[0])
            knobs["tile"].apply(s, B, s[B].op.axis[0])
            return s, [A, B]

        return task_of(template)

    def cost(workload: str, trace: str) -> Outcome:
        return Outcome("ok", "", (100.0 + abs(json.loads(trace)["knobs"]["tile"][1] - 2),))

    store, seen = MemoryStore(), []
    Tuner(sized(64), ReplayMeasurer(cost), store, EvolutionaryStrategy()).run(20)
    other = ReplayMeasurer(lambda workload, trace: seen.append(trace) or cost(workload, trace))
    Tuner(sized(128), other, store, EvolutionaryStrategy()).run(1)
    assert json.loads(seen[0])["knobs"]["tile"] == [64, 2]
