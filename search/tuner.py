"""The tuner: proposes, measures, stores and learns, until it has to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from functools import partial

import numpy as np

from autosched.measure.measurer import BackgroundMeasurer, Collect, Measurer
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
from autosched.search.result import Ending, Faults, TuneResult
from autosched.search.strategies.base import Scorer, Strategy
from autosched.search.task import Task
from autosched.tuning_logs import Store, TrialRecord, new_session


@dataclass(frozen=True)
class _Round:
    """Candidates that are being measured, with their predicted scores."""

    batch: Sequence[Candidate]
    predicted: Sequence[float | None]
    collect: Collect


@dataclass(eq=False)
class Tuner:
    """One run over one task; `learn` fits a model to a history and returns it as a Scorer.

    `name` is that of the strategy. `batch` candidates are measured between two fits, by default
    as many as the backend says. If times are always the same, the fastest candidates are not
    measured again.
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
    batch: int | None = None

    def __post_init__(self) -> None:
        self.name = self.name or type(self.strategy).__name__
        self._overlaps = isinstance(self.measurer, BackgroundMeasurer)
        self._rng = np.random.default_rng(self.seed)
        self._history = History(self.task)
        self._curve: list[float] = []
        self._faults = Faults()
        self._wanted = self._begun = self._rounds = 0
        self._deadline = float("inf")

    def run(self, trials: int, time_limit: float | None = None) -> TuneResult:
        """Measure `trials` new candidates, or fewer if `time_limit` (seconds) or the space ends.

        Each trial is stored as soon as it is measured. Ctrl-C ends the run too, and the result
        has the trials until then.
        """
        start = time.monotonic()
        self._wanted = trials
        self._deadline = start + time_limit if time_limit is not None else float("inf")
        self._session = new_session(
            strategy=self.name, seed=self.seed, host_cpu=self.task.backend.host_cpu
        )
        self._register()
        if isinstance(self.measurer, BackgroundMeasurer) and trials:
            self.measurer.prepare(self.task.text)
        try:
            ending = self._search()
            if self._curve:
                self._settle()
        except KeyboardInterrupt:
            ending = "interrupted"
        finally:
            self.store.end_session(self._session.id)
        set_aside(self.task, self.store)
        result = self._result(time.monotonic() - start, ending)
        self._tell(Finished(result))
        return result

    def _register(self) -> None:
        store, task = self.store, self.task
        store.add_workload(task.record)
        store.add_target(task.target_record)
        store.start_session(self._session)
        set_aside(task, store)
        self._history.load(store.trials(task.key, task.target_record.text, task.threads))

    def _search(self) -> Ending:
        known = len(self._history.keys)
        self._tell(Begun(self._wanted, known, _finite(self._history.best_ns)))
        current = self._begin()
        while current is not None:
            following = self._collect(current)
            current = following if self._overlaps else self._begin()
        if len(self._curve) == self._wanted:
            return "trials"
        return "time_limit" if self._is_late else "exhausted"

    @property
    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _begin(self) -> _Round | None:
        """Propose candidates and start to measure them; return None if there are no more."""
        size = min(self.batch or self.task.backend.batch, self._wanted - self._begun)
        if not size or self._is_late:
            return None
        scorer = self.learn(self._history) if self.learn else None
        batch = self._proposed(size, scorer)
        if not batch:
            return None
        self._rounds += 1
        self._begun += len(batch)
        self._tell(RoundBegun(self._rounds, len(batch), scorer is not None))
        text, traces = self.task.text, [candidate.trace for candidate in batch]
        collect: Collect
        if isinstance(self.measurer, BackgroundMeasurer):
            collect = self.measurer.begin(text, traces)
        else:
            best_ns = _finite(self._history.best_ns)
            collect = partial(self.measurer.measure, text, traces, best_ns)
        return _Round(batch, _predicted(batch, scorer), collect)

    def _proposed(self, size: int, scorer: Scorer | None) -> list[Candidate]:
        """Return up to `size` candidates that no other process measures."""
        task, mine = self.task, []
        target = task.target_record.text
        while size and (proposed := self.strategy.propose(size, self._history, scorer, self._rng)):
            keys = [candidate.key for candidate in proposed]
            free = self.store.claim(task.key, target, task.threads, self._session.id, keys)
            self._history.claim(proposed)
            mine += [candidate for candidate in proposed if candidate.key in free]
            size = len(keys) - len(free)
        return mine

    def _collect(self, begun: _Round) -> _Round | None:
        """Store the outcomes of a round as they come; return the next round if it was begun.

        With a background measurer it is begun when half of this round is measured, so that no
        worker has to wait.
        """
        following: _Round | None = None
        half = len(begun.batch) // 2

        def report(position: int, outcome: Outcome) -> None:
            nonlocal following
            self._record(begun.batch[position], outcome, begun.predicted[position])
            if self._is_late:
                raise _TimeUp
            if self._overlaps and position == half:
                following = self._begin()

        try:
            begun.collect(report)
        except _TimeUp:
            if following is not None:  # end it, too
                with suppress(_TimeUp):
                    following.collect(_give_up)
            return None
        return following

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
        self._history.add(candidate, outcome.kind, trial.times_ns)
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
                best_ns=_finite(self._history.best_ns),
                failures=dict(self._history.failures),
            )
        )

    def _settle(self) -> None:
        if self.task.is_deterministic:
            confirm_best(self.task, self.measurer, self.store)
            self._forget_refused()
            return
        self._tell(FinalistsBegun(FINALISTS))
        likely = [candidate.key for candidate in self._history.ranked(FINALISTS)]
        for outcome in settle_finalists(self.task, self.measurer, self.store, likely):
            self._faults.note(outcome)

    def _forget_refused(self) -> None:
        """Remove times from the curve that are better than the best trial left."""
        best = self.store.best(self.task.key, self.task.target_record.text, self.task.threads)
        least = best.time_ns if best and best.time_ns is not None else float("inf")
        self._curve = [max(least, time_ns) for time_ns in self._curve]

    def _result(self, seconds: float, ending: Ending) -> TuneResult:
        task = self.task
        target = task.target_record.text
        return TuneResult(
            workload=task.workload,
            target=target,
            threads=task.threads,
            strategy=self.name,
            seed=self.seed,
            session=self._session.id,
            trials=len(self._curve),
            failures=dict(self._history.failures),
            best=self.store.best(task.key, target, task.threads),
            curve=tuple(self._curve),
            seconds=seconds,
            ending=ending,
            faults=self._faults.known(),
        )

    def _tell(self, event: Event) -> None:
        if self.on_event is not None:
            self.on_event(event)


class _TimeUp(Exception):
    """Ends the measuring of a batch."""


def _give_up(position: int, outcome: Outcome) -> None:
    raise _TimeUp


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
