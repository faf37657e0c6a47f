"""The tuner: proposes, measures, stores and learns, until it has to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from functools import partial
from itertools import islice

import numpy as np

from autosched.measure.measurer import BackgroundMeasurer, Collect, Measurer, Report
from autosched.measure.outcome import Outcome
from autosched.search.applying import set_aside
from autosched.search.candidate import Candidate, by_sketch
from autosched.search.events import (
    Begun,
    Event,
    FinalistsBegun,
    Finished,
    Listener,
    RoundBegun,
    TrialDone,
)
from autosched.search.finalists import FINALISTS, confirm_best, settle_finalists
from autosched.search.history import History
from autosched.search.learning import LEAST_TRIALS
from autosched.search.result import Ending, Faults, TuneResult
from autosched.search.rounds import Deadline, Round, measure_rounds
from autosched.search.strategies.base import Batch, Scorer, Strategy
from autosched.search.strategies.proposals import defaults
from autosched.search.task import Task
from autosched.search.transfer import nearest
from autosched.tuning_logs import Store, TrialRecord, new_session

SEEDS = 4
"""The most candidates of a round that are adapted from similar tasks."""


GROWTH = 4
"""A round may have one new candidate for so many known: these change a model less and less."""


@dataclass(eq=False)
class Tuner:
    """The search for one task; `learn` fits a model to a history and returns it as a Scorer.

    `run` is a whole search. A scheduler of several tasks calls what it is made of: `begin`
    inside a `session`, for as long as the task is worth it, then `settle` and `result`.

    `name` is that of the strategy. `batch` candidates are measured between two fits, by default
    as many as the backend says, and more of them when many are known. If times are always the
    same, the fastest candidates are not measured again.
    """

    task: Task
    measurer: Measurer
    store: Store
    strategy: Strategy
    _: KW_ONLY
    name: str = ""
    learn: Callable[[History], Scorer | None] | None = None
    seed: int = 0
    on_event: Listener | None = None
    batch: int = 0

    def __post_init__(self) -> None:
        self.name = self.name or type(self.strategy).__name__
        self.batch = self.batch or self.task.backend.batch
        self.history = History(self.task)
        self._rng = np.random.default_rng(self.seed)
        self._curve: list[float] = []
        self._faults = Faults()
        self._wanted = self._begun = self._rounds = 0

    @property
    def trials(self) -> int:
        """The new candidates that were measured."""
        return len(self._curve)

    def run(self, trials: int, time_limit: float | None = None) -> TuneResult:
        """Measure `trials` new candidates, or fewer if `time_limit` (seconds) or the space ends.

        Each trial is stored as soon as it is measured. Ctrl-C ends the run too, and the result
        has the trials until then.
        """
        deadline = Deadline(time_limit)
        with self.session(trials):
            try:
                is_late = deadline.is_over or measure_rounds(self.begin, deadline)
                ending: Ending = "time_limit" if is_late else "exhausted"
                if self.trials == trials:
                    ending = "trials"
                self.settle()
            except KeyboardInterrupt:
                ending = "interrupted"
        return self.result(deadline.elapsed, ending)

    @contextmanager
    def session(self, trials: int) -> Iterator[None]:
        """Load stored trials, for a search of at most `trials`; claims end with the session."""
        store, task = self.store, self.task
        self._wanted = trials
        self._session = new_session(
            strategy=self.name, seed=self.seed, host_cpu=task.backend.host_cpu
        )
        store.add_workload(task.record)
        store.add_target(task.target_record)
        store.start_session(self._session)
        try:
            set_aside(task, store)
            self.history.load(store.trials(task.key, task.target_record.text, task.threads))
            if isinstance(self.measurer, BackgroundMeasurer) and trials:
                self.measurer.prepare(task.text)
            self._tell(Begun(trials, len(self.history.keys), _finite(self.history.best_ns)))
            yield
        finally:
            store.end_session(self._session.id)

    def begin(self, most: int | None = None, is_seeded: bool = False) -> Round | None:
        """Propose a batch or `most`, and start to measure it; return None if there are no more."""
        left = self._wanted - self._begun
        if not left:
            return None
        scorer = self.learn(self.history) if self.learn else None
        is_blind = self.learn is not None and scorer is None
        needed = max(0, LEAST_TRIALS - len(self.history.measured)) if is_blind else 0
        # While a first model is fitted, workers build what it does not need. Of a few trials it
        # chooses all but those.
        is_longer = bool(needed) and left >= 2 * self.batch
        usual = self.batch + (self.batch // 2 if is_longer else 0)
        size = min(most or max(usual, len(self.history.measured) // GROWTH), left)
        batch = self._proposed(size, scorer, is_seeded or not self._rounds)
        if not batch:
            return None
        self._rounds += 1
        self._begun += len(batch)
        self._tell(RoundBegun(self._rounds, len(batch), scorer is not None))

        def record(position: int, outcome: Outcome) -> None:
            self._record(batch[position], outcome, predicted[position])

        text, traces = self.task.text, [candidate.trace for candidate in batch]
        early = None
        if isinstance(self.measurer, BackgroundMeasurer):
            early = max((len(batch) + 1) // 2, needed)
            collect: Collect = self.measurer.begin(text, traces, early)
        else:
            collect = partial(self.measurer.measure, text, traces)
        predicted = _predicted(batch, scorer)  # while workers build

        def collected(report: Report) -> list[Outcome]:
            return collect(report=report, best_ns=_finite(self.history.best_ns))

        return Round(len(batch), collected, record, early)

    def _proposed(self, size: int, scorer: Scorer | None, is_seeded: bool) -> list[Candidate]:
        """Return up to `size` candidates that no other process measures."""
        mine = self._claimed(self._seeds(size)) if is_seeded else []
        size -= len(mine)
        while size and (proposed := self.strategy.propose(size, self.history, scorer, self._rng)):
            free = self._claimed(proposed)
            mine += free
            size = len(proposed) - len(free)
        return mine

    def _seeds(self, size: int) -> list[Candidate]:
        """Return adapted schedules of similar tasks."""
        batch = Batch(min(SEEDS, size), self.history)
        batch.add(nearest(self.task, self.store))
        return batch.candidates

    def _claimed(self, proposed: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates that no other process measures."""
        task = self.task
        keys = [candidate.key for candidate in proposed]
        free = self.store.claim(
            task.key, task.target_record.text, task.threads, self._session.id, keys
        )
        self.history.claim(proposed)
        return [candidate for candidate in proposed if candidate.key in free]

    def _record(self, candidate: Candidate, outcome: Outcome, predicted: float | None) -> None:
        trial = TrialRecord(
            workload=self.task.key,
            target=self.task.target_record.text,
            session=self._session.id,
            trace=candidate.trace,
            trace_key=candidate.key,
            outcome=outcome.kind,
            reason=outcome.reason,
            times_ns=outcome.times_ns if outcome.ok else (),
            threads=self.task.threads,
            build_ms=outcome.build_ms,
            predicted=predicted,
        )
        self.store.add_trial(trial)
        time_ns = outcome.time_ns if outcome.ok else float("inf")
        self.history.add(candidate, outcome.kind, trial.times_ns)
        self._faults.note(outcome)
        self._curve.append(min(time_ns, self._curve[-1] if self._curve else float("inf")))
        self._tell(
            TrialDone(
                number=len(self._curve),
                trials=self._wanted,
                outcome=outcome.kind,
                reason=outcome.reason,
                time_ns=_finite(time_ns),
                build_ms=outcome.build_ms,
                best_ns=_finite(self.history.best_ns),
                failures=dict(self.history.failures),
            )
        )

    def settle(self, count: int = FINALISTS) -> None:
        """Measure the fastest `count` again, and the default, if something was measured."""
        if not self._curve:
            return
        if self.task.is_deterministic:
            confirm_best(self.task, self.measurer, self.store)
            self._forget_refused()
            return
        self._tell(FinalistsBegun(count))
        untuned = islice(defaults(self.task), 1)  # what is built without a search
        # By the median some may be too slow whose least time is among the best.
        likely = [c.key for c in (*self.history.ranked(count // 2), *untuned)]
        for outcome in settle_finalists(self.task, self.measurer, self.store, likely, count):
            self._faults.note(outcome)

    def _forget_refused(self) -> None:
        """Remove times from the curve that are better than the best trial left."""
        best = self.store.best(self.task.key, self.task.target_record.text, self.task.threads)
        least = best.time_ns if best and best.time_ns is not None else float("inf")
        self._curve = [max(least, time_ns) for time_ns in self._curve]

    def result(self, seconds: float, ending: Ending) -> TuneResult:
        """Return the result of a search that took so many seconds, and report its end."""
        task = self.task
        set_aside(task, self.store)
        target = task.target_record.text
        result = TuneResult(
            workload=task.workload,
            target=target,
            threads=task.threads,
            strategy=self.name,
            seed=self.seed,
            session=self._session.id,
            trials=len(self._curve),
            failures=dict(self.history.failures),
            best=self.store.best(task.key, target, task.threads),
            curve=tuple(self._curve),
            seconds=seconds,
            ending=ending,
            faults=self._faults.known(),
            refused=dict(task.refused),
        )
        self._tell(Finished(result))
        return result

    def _tell(self, event: Event) -> None:
        if self.on_event is not None:
            self.on_event(event)


def _finite(time_ns: float) -> float | None:
    return time_ns if time_ns < float("inf") else None


def _predicted(batch: Sequence[Candidate], scorer: Scorer | None) -> list[float | None]:
    """Return the score of each candidate; compute it for candidates proposed without the model."""
    scores = [candidate.predicted for candidate in batch]
    if scorer is None:
        return scores
    unknown = [p for p, score in enumerate(scores) if score is None]
    for places, sketch, vectors in by_sketch([batch[p] for p in unknown]):
        for place, score in zip(places, scorer.scores(sketch, vectors), strict=True):
            scores[unknown[place]] = float(score)
    return scores
