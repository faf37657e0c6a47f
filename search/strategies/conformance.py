"""The tests of every strategy; a strategy's test class inherits this one.

class TestMine(StrategyConformance):
    def make_strategy(self) -> Strategy:
        return MyStrategy()
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pytest

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate
from autosched.search.history import History
from autosched.search.strategies.base import Scorer, Strategy
from autosched.search.task import Task


class _SumScorer:
    """Prefers large decisions."""

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return vectors.sum(axis=1).astype(np.float64)


class StrategyConformance(ABC):
    """Inherit, give `make_strategy` and the fixtures `task` and `small_task`."""

    @abstractmethod
    def make_strategy(self) -> Strategy:
        """A new strategy."""

    @pytest.fixture
    @abstractmethod
    def task(self) -> Task:
        """A task with several sketches and thousands of candidates."""

    @pytest.fixture
    @abstractmethod
    def small_task(self) -> Task:
        """A task with few enough candidates to measure all."""

    @pytest.fixture(params=[None, _SumScorer()], ids=["unlearnt", "learnt"])
    def scorer(self, request: pytest.FixtureRequest) -> Scorer | None:
        return request.param

    def test_proposes_as_many_as_asked_for(self, task: Task, scorer: Scorer | None) -> None:
        proposed = self._propose(20, History(task), scorer)
        assert len(proposed) == 20

    def test_proposes_nothing_twice(self, task: Task, scorer: Scorer | None) -> None:
        history = History(task)
        for seed in range(4):
            for candidate in self._propose(16, history, scorer, seed):
                assert history.is_new(candidate)
                history.add(candidate, "ok", (100.0 + len(history.measured),))
        assert len(history.keys) == len(history.measured) == 64

    def test_keeps_the_limits(self, task: Task, scorer: Scorer | None) -> None:
        history = self._with_results(task)
        for candidate in self._propose(32, history, scorer):
            sketch = task.sketches[candidate.number]
            assert candidate.sketch is sketch
            assert sketch.holds(np.array([candidate.vector]))[0]
            choices = [decision.choices for decision in sketch.decisions]
            assert all(v in c for v, c in zip(candidate.vector, choices, strict=True))

    def test_depends_on_the_generator_alone(self, task: Task, scorer: Scorer | None) -> None:
        history = self._with_results(task)
        first = [c.trace for c in self._propose(24, history, scorer, seed=5)]
        again = [c.trace for c in self._propose(24, history, scorer, seed=5)]
        other = [c.trace for c in self._propose(24, history, scorer, seed=6)]
        assert first == again
        assert first != other

    def test_seeds_differ_from_the_first_batch_on(self, task: Task) -> None:
        batches = [{c.key for c in self._propose(16, History(task), None, s)} for s in (1, 2, 3)]
        assert len(batches[0] | batches[1] | batches[2]) >= 28

    def test_leaves_the_history_alone(self, task: Task, scorer: Scorer | None) -> None:
        history = self._with_results(task)
        before = (len(history.measured), set(history.keys), set(history.points))
        self._propose(8, history, scorer)
        assert (len(history.measured), history.keys, history.points) == before

    def test_goes_on_where_everything_failed(self, task: Task, scorer: Scorer | None) -> None:
        history = History(task)
        for candidate in self._propose(16, history, None):
            history.add(candidate, "crashed", ())
        assert len(self._propose(16, history, scorer)) == 16

    def test_exhausts_the_space(self, small_task: Task, scorer: Scorer | None) -> None:
        history = History(small_task)
        for seed in range(small_task.size + 1):
            proposed = self._propose(7, history, scorer, seed)
            if not proposed:
                break
            for candidate in proposed:
                history.add(candidate, "ok", (100.0,))
        assert len(history.measured) == sum(len(sketch.every) for sketch in small_task.sketches)

    def _propose(
        self, count: int, history: History, scorer: Scorer | None, seed: int = 0
    ) -> list[Candidate]:
        rng = np.random.default_rng(seed)
        return self.make_strategy().propose(count, history, scorer, rng)

    def _with_results(self, task: Task) -> History:
        history = History(task)
        for number, candidate in enumerate(self._propose(40, history, None, seed=1)):
            failed = number % 7 == 6
            times_ns = () if failed else (100.0 + number,)
            history.add(candidate, "timeout" if failed else "ok", times_ns)
        return history
