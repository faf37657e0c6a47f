"""Kernels have the schedules that are the fastest inside their network."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph import settle
from autosched.graph.graph import Graph
from autosched.graph.model import Model
from autosched.graph.network import Network
from autosched.graph.parser import parse
from autosched.graph.steps import Step
from autosched.measure.outcome import Outcome
from autosched.search.events import Event, NetworksBegun, NetworksTimed
from autosched.search.result import TasksResult
from autosched.search.strategies.proposals import defaults
from autosched.search.task import Task
from autosched.tuning_logs import MemoryStore, Store, TrialRecord
from tests.measure.replay import ReplayMeasurer

TWICE = """graph g(x: float32[4, 16], y: float32[4, 16]) {
  p = relu(x)
  q = relu(y)
  return p, q
}"""

CHOICE = """graph g(x: float32[4, 16]) {
  axes: int64[2] = constant [0, 1]
  zero: float32[] = constant [0]
  s = sum(x, axes)
  c = less(zero, s)
  y = if(c, x)
    then: graph a(v: float32[4, 16]) {
      o = relu(v)
      return o
    }
    otherwise: graph b(v: float32[4, 16]) {
      o = neg(v)
      return o
    }
  return y
}"""


@pytest.fixture(autouse=True)
def code_is_compiled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOSCHED_CACHE", str(tmp_path))


class Tuned:
    """A model whose kernels take the times that a test chooses, alone and in the network."""

    def __init__(self, graph: Graph, monkeypatch: pytest.MonkeyPatch):
        self.store = MemoryStore()
        known = partial(nullcontext, self.store)
        self.model = Model(graph, parse_target("cpu -threads=1"), known, known)
        self.model.network()
        self.is_default_faster = True
        self.heard: list[Event] = []
        monkeypatch.setattr(settle, "LEAST_TURNS", 1)
        monkeypatch.setattr(settle, "MOST_TURNS", 1)
        monkeypatch.setattr(Network, "timed", lambda network, inputs: self.timed(network, inputs))

    def default(self, step: Step) -> str:
        assert step.task is not None
        return next(defaults(step.task)).trace

    def tune(self, trials: int, default_ns: float = 5.0) -> TasksResult:
        plain = {next(defaults(each.task)).trace for each in self.model.tasks}

        def alone(workload: str, trace: str) -> Outcome:
            return Outcome("ok", "", (default_ns if trace in plain else 3.0,))

        measurer = ReplayMeasurer(alone)
        return self.model.tune(trials=trials, measurer=measurer, on_event=self.heard.append)

    def timed(self, network: Network, inputs: Sequence[np.ndarray]) -> list[tuple[Step, int]]:
        """The steps of a network; those with the default schedule are faster, or slower."""
        assert [array.shape for array in inputs] == [(4, 16)] * 2
        is_default = [trial_of(step).trace == self.default(step) for step in network.steps]
        fast = self.is_default_faster
        times = [10 if is_it == fast else 20 for is_it in is_default]
        return list(zip(network.steps, times, strict=True))

    @property
    def schedules(self) -> set[str]:
        return {trial_of(step).trace for step in self.model.networks[-1].steps}


def trial_of(step: Step) -> TrialRecord:
    assert step.choice is not None
    assert step.choice.trial is not None
    return step.choice.trial


def test_the_default_stays_where_it_is_faster_in_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tuned = Tuned(parse(TWICE), monkeypatch)
    default = tuned.default(tuned.model.networks[-1].steps[0])
    result = tuned.tune(4)
    (task,) = result.tasks
    assert (task.result.time_ns, result.kept_defaults) == (3.0, 1)
    assert [type(event) for event in tuned.heard[-2:]] == [NetworksBegun, NetworksTimed]
    assert tuned.schedules == {default}
    best, *_ = tuned.store.settled(tuned.model.tasks[0].task.key, task.result.target, 1)
    assert (best.trace, best.network_ns) == (default, 20.0)  # two steps of one task
    tuned.is_default_faster = False
    assert tuned.tune(0).kept_defaults == 0
    assert default not in tuned.schedules
    assert {trial.trace for trial in tuned.model.schedules.trials()} == tuned.schedules


def test_what_was_settled_competes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = Tuned(parse(TWICE), monkeypatch)
    tuned.is_default_faster = False
    tuned.tune(4)
    (settled,) = tuned.schedules
    task = tuned.model.tasks[0].task
    other = next(trial for trial in tuned.store.trials(task.key) if trial.trace != settled)
    tuned.store.add_times(other, [1.0] * 9)
    tuned.tune(0)
    times = tuned.store.settled(task.key, task.target_record.text, 1)
    assert {settled, other.trace} <= {trial.trace for trial in times}


def test_one_schedule_has_no_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = Tuned(parse(TWICE), monkeypatch)
    task = tuned.model.tasks[0].task
    assert tuned.tune(1, default_ns=1.0).kept_defaults == 0
    assert tuned.store.settled(task.key, task.target_record.text, 1) == []


def test_a_network_with_branches_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = Tuned(parse(CHOICE), monkeypatch)
    assert tuned.tune(4).trials > 1
    assert all(trial.network_ns is None for trial in tuned.store.trials())


def test_nothing_is_timed_beside_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = Tuned(parse(TWICE), monkeypatch)
    tuned.tune(4)
    (task,) = (each.task for each in tuned.model.tasks)
    monkeypatch.setattr(Task, "is_deterministic", True)

    def forbidden(_: Store) -> list[Network]:
        raise AssertionError("expected nothing to be compiled")

    assert settle.settle([task], tuned.store, forbidden) == 0
