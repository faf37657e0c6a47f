"""AutoTVM's tuners over ours: each is a strategy for the same search."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

import numpy as np

from autosched.api import opened
from autosched.measure.measurer import Measurer, Report
from autosched.measure.outcome import Kind, Outcome
from autosched.search.candidate import Candidate, find_candidate
from autosched.search.history import History
from autosched.search.learning import learner
from autosched.search.strategies import Scorer, Strategy
from autosched.search.strategies.base import Batch
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.strategies.genetic import GeneticStrategy
from autosched.search.tuner import Tuner as Search
from autosched.tuning_logs import MemoryStore, TrialRecord
from autosched.tvm.absent import refusing
from autosched.tvm.autotvm.measure import (
    LocalRunner,
    MeasureInput,
    MeasureResult,
    Runner,
    outcome_of,
    result_of,
)
from autosched.tvm.reporting import ReportingMeasurer

logger = logging.getLogger("autotvm")

Callbacks = Sequence[Callable[..., None]]


class Tuner:
    """Searches the space of a task. Subclasses have the strategies."""

    is_learning = False

    def __init__(self, task: Any):
        self.task = task
        self.space = task.config_space
        self.visited: set[int] = set()
        self.best_config: Any = None
        self.best_flops = 0.0
        self.best_iter = 0
        self.best_measure_pair: tuple[MeasureInput, MeasureResult] | None = None
        self.ttl = 0
        self._since_best = 0

    def strategy(self) -> Strategy:
        """Return the strategy of the search."""
        raise NotImplementedError

    def has_next(self) -> bool:
        """Whether a configuration is left to measure."""
        return len(self.visited) < len(self.space)

    def flops(self, result: MeasureResult) -> float:
        """Return the operations a second of a result; 0 if it has no time."""
        return self.task.flop / float(np.mean(result.costs)) if result.error_no == 0 else 0.0

    def load_history(self, data_set: Any, min_seed_records: int = 500) -> None:
        """Do nothing: what the database has of the task is known from the start."""

    def reset(self) -> None:
        """Forget the best configuration."""
        self.best_config, self.best_flops, self.best_iter = None, 0.0, 0

    def tune(
        self,
        n_trial: int,
        measure_option: Any,
        early_stopping: int | None = None,
        callbacks: Callbacks = (),
        si_prefix: str = "G",
    ) -> None:
        """Measure `n_trial` new configurations, and give them to the callbacks in batches.

        What the user's database knows of the task comes first, and does not count; the
        callbacks hear of the best of it. A search by a runner of the script's own is not stored.
        `early_stopping` ends the search after so many configurations without a better one.
        """
        task, runner = self.task.search_task, measure_option["runner"]
        is_local = isinstance(runner, LocalRunner)
        with ExitStack() as stack:
            store = stack.enter_context(opened(None if is_local else MemoryStore()))
            measurer: Measurer = (
                stack.enter_context(closing(task.backend.measurer(task.form, task.sizes)))
                if is_local
                else _OfRunner(self, runner)
            )
            limit = early_stopping or n_trial

            def heard(traces: Sequence[str], outcomes: Sequence[Outcome]) -> None:
                self._heard(traces, outcomes, callbacks)

            search = Search(
                task,
                ReportingMeasurer(measurer, heard),
                store,
                _Stopping(self.strategy(), lambda: self._since_best >= limit),
                name=type(self).__name__,
                learn=learner(task.backend, 0).learn if self.is_learning else None,
            )
            known = store.trials(task.key, task.target_record.text, task.threads)
            self._recall(list(known), callbacks)
            search.run(max(n_trial, 0))

    def input_of(self, trace: str) -> MeasureInput | None:
        """Return the configuration of a trace, if it is one of the task's."""
        candidate = find_candidate(self.task.search_task.sketches, trace)
        if candidate is None:
            return None
        config = self.space.get(self.space.knob2point(candidate.vector))
        return MeasureInput(self.task.target, self.task, config)

    def _recall(self, trials: Sequence[TrialRecord], callbacks: Callbacks) -> None:
        """Note what the database knows, and give the best of it to the callbacks."""
        outcomes = [
            Outcome(cast(Kind, trial.outcome), trial.reason, trial.times_ns) for trial in trials
        ]
        self._heard([trial.trace for trial in trials], outcomes, ())
        if trials and self.best_measure_pair is not None:
            given, result = self.best_measure_pair
            for callback in callbacks:
                callback(self, [given], [result])
        self._since_best = 0

    def _heard(
        self,
        traces: Sequence[str],
        outcomes: Sequence[Outcome],
        callbacks: Callbacks,
    ) -> None:
        pairs = []
        for trace, outcome in zip(traces, outcomes, strict=True):
            given = self.input_of(trace)
            if given is not None:
                pairs.append((given, result_of(outcome, time.time())))
                self._note(*pairs[-1])
        if pairs:
            inputs, results = map(list, zip(*pairs, strict=True))
            for callback in callbacks:
                callback(self, inputs, results)

    def _note(self, given: MeasureInput, result: MeasureResult) -> None:
        self.visited.add(given.config.index)
        self.ttl += 1
        self._since_best += 1
        flops = self.flops(result)
        if flops > self.best_flops:
            self.best_flops, self.best_config, self.best_iter = flops, given.config, self.ttl - 1
            self.best_measure_pair = given, result
            self._since_best = 0
        logger.debug(
            "No: %d\tGFLOPS: %.2f/%.2f\tresult: %s\t%s",
            self.ttl, flops / 1e9, self.best_flops / 1e9, result, given.config,
        )  # fmt: skip


class XGBTuner(Tuner):
    """The evolutionary search with a cost model of boosted trees, which sees the loops."""

    is_learning = True

    def __init__(self, task: Any, *args: Any, **options: Any):
        super().__init__(task)

    def strategy(self) -> Strategy:
        return EvolutionaryStrategy()


class GATuner(Tuner):
    """The genetic search."""

    def __init__(
        self, task: Any, pop_size: int = 100, elite_num: int = 3, mutation_prob: float = 0.1
    ):
        super().__init__(task)
        self.pop_size = min(pop_size, len(self.space))

    def strategy(self) -> Strategy:
        return GeneticStrategy(elites=max(2, self.pop_size // 4))


class IndexBaseTuner(Tuner):
    """Goes through the numbers of configurations; `range_idx` are the first and the last."""

    def __init__(self, task: Any, range_idx: tuple[int, int] | None = None):
        super().__init__(task)
        low, high = range_idx or (0, self.space.range_length - 1)
        self.begin_idx, self.end_idx = low, high + 1
        self.range_length = self.end_idx - self.begin_idx
        self.visited_max = self.space.subrange_length(self.begin_idx, self.end_idx)

    def has_next(self) -> bool:
        return len(self.visited) < self.visited_max

    def indices(self) -> Iterator[int]:
        """Yield the numbers of the range in the order in which they are measured."""
        return iter(range(self.begin_idx, self.end_idx))

    def strategy(self) -> Strategy:
        legal = (index for index in self.indices() if self.space.is_index_valid(index))
        return _InOrder(tuple(self.space.point2knob(index)) for index in legal)


class GridSearchTuner(IndexBaseTuner):
    """Measures configurations in the order of their numbers."""

    def __init__(self, task: Any, range_idx: tuple[int, int] | None = None):
        super().__init__(task, range_idx)
        numbers = range(self.begin_idx, self.end_idx)
        self.index = next(filter(self.space.is_index_valid, numbers), self.end_idx)


class RandomTuner(IndexBaseTuner):
    """Measures configurations in a random order."""

    def indices(self) -> Iterator[int]:
        rng = np.random.default_rng(0)
        seen: set[int] = set()
        while len(seen) < self.range_length // 2:
            index = int(rng.integers(self.begin_idx, self.end_idx))
            if index not in seen:
                seen.add(index)
                yield index
        left = [i for i in range(self.begin_idx, self.end_idx) if i not in seen]
        yield from (left[place] for place in rng.permutation(len(left)))


@dataclass
class _InOrder:
    """Proposes vectors in a given order."""

    vectors: Iterator[tuple[int, ...]]

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        batch = Batch(count, history)
        (sketch,) = history.task.sketches
        while batch.missing and (found := list(islice(self.vectors, batch.missing))):
            rows = np.array(found, dtype=np.int64).reshape(len(found), -1)
            batch.add(Candidate(sketch, 0, tuple(row)) for row in rows[sketch.holds(rows)].tolist())
        return batch.candidates


@dataclass(frozen=True)
class _Stopping:
    """A strategy that proposes nothing once it is over."""

    strategy: Strategy
    is_over: Callable[[], bool]

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        return [] if self.is_over() else self.strategy.propose(count, history, scorer, rng)


@dataclass(frozen=True)
class _OfRunner:
    """A measurer by a script's own runner, which gets no built modules."""

    tuner: Tuner
    runner: Runner
    known: dict[str, Outcome] = field(default_factory=dict)

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        inputs = [self.tuner.input_of(trace) for trace in candidates]
        outcomes = list(map(outcome_of, self.runner.run(inputs, [None] * len(inputs))))
        self.known.update(zip(candidates, outcomes, strict=True))
        for place, outcome in enumerate(outcomes):
            if report:
                report(place, outcome)
        return outcomes

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        """Return what was measured, since the runner measures nothing twice."""
        unknown = Outcome("build_error", "it was not measured")
        return [self.known.get(trace, unknown) for trace in candidates]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


__getattr__ = refusing(__name__)
