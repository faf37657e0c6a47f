"""A store in memory: for tests, and for tuning that should leave nothing behind."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from autosched.tuning_logs.process import ProcessGuard
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    refusal,
    utc_now,
)
from autosched.tuning_logs.store import Store, check_keep, collision, unknown
from autosched.tuning_logs.summary import Stats, TaskSummary
from autosched.tuning_logs.verify import text_problems

Key = TypeVar("Key")
Record = TypeVar("Record")
TrialIdentity = tuple[str, str, int, str]
Task = tuple[str, str, int]


class MemoryStore(Store):
    """Keeps the contract of `Store` but for durability: closing it forgets everything."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._guard = ProcessGuard("the store in memory")
        self._workloads: dict[str, WorkloadRecord] = {}
        self._targets: dict[str, TargetRecord] = {}
        self._sessions: dict[str, SessionRecord] = {}
        self._trials: dict[TrialIdentity, TrialRecord] = {}

    def close(self) -> None:
        self._guard.close()

    def add_workload(self, workload: WorkloadRecord) -> bool:
        with self._lock:
            self._guard.check()
            known = self._workloads.get(workload.key)
            if known is not None and known.content != workload.content:
                raise collision("workload", workload.key)
            return _add(self._workloads, workload.key, workload)

    def add_target(self, target: TargetRecord) -> bool:
        with self._lock:
            self._guard.check()
            return _add(self._targets, target.text, target)

    def start_session(self, session: SessionRecord) -> bool:
        with self._lock:
            self._guard.check()
            return _add(self._sessions, session.id, session)

    def end_session(self, session_id: str) -> None:
        with self._lock:
            self._guard.check()
            session = self._sessions.get(session_id)
            if session is None:
                raise unknown("session", session_id)
            self._sessions[session_id] = replace(session, ended=session.ended or utc_now())

    def add_trial(self, trial: TrialRecord) -> bool:
        with self._lock:
            self._guard.check()
            if trial.workload not in self._workloads:
                raise unknown("workload", trial.workload)
            if trial.target not in self._targets:
                raise unknown("target", trial.target)
            if trial.session not in self._sessions:
                raise unknown("session", trial.session)
            known = self._trials.get(_identity(trial))
            if known is not None and known.trace != trial.trace:
                raise collision("trace", trial.trace_key)
            return _add(self._trials, _identity(trial), trial)

    def add_times(self, trial: TrialRecord, times_ns: Sequence[float]) -> TrialRecord:
        with self._lock:
            self._guard.check()
            known = self._trials.get(_identity(trial))
            if known is None:
                raise unknown("trial", trial.trace_key)
            longer = replace(known, times_ns=(*known.times_ns, *times_ns))
            self._trials[_identity(trial)] = longer
            return longer

    def refuse(self, trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
        with self._lock:
            self._guard.check()
            known = self._trials.get(_identity(trial))
            if known is None:
                raise unknown("trial", trial.trace_key)
            refused = refusal(known, outcome, reason)
            self._trials[_identity(trial)] = refused
            return refused

    def prune(self, keep: int) -> int:
        check_keep(keep)
        with self._lock:
            self._guard.check()
            before = len(self._trials)
            kept = {_identity(trial) for task in self._tasks() for trial in self._top(task, keep)}
            self._trials = {key: trial for key, trial in self._trials.items() if key in kept}
            return before - len(self._trials)

    def workload(self, key: str) -> WorkloadRecord | None:
        with self._lock:
            self._guard.check()
            return self._workloads.get(key)

    def workloads(self) -> list[WorkloadRecord]:
        with self._lock:
            self._guard.check()
            return list(self._workloads.values())

    def targets(self) -> list[TargetRecord]:
        with self._lock:
            self._guard.check()
            return list(self._targets.values())

    def sessions(self) -> list[SessionRecord]:
        with self._lock:
            self._guard.check()
            return list(self._sessions.values())

    def trials(
        self, workload: str | None = None, target: str | None = None, threads: int | None = None
    ) -> Iterator[TrialRecord]:
        return iter(self._matching(workload, target, threads))

    def measured(self, workload: str, target: str, threads: int | None = None) -> set[str]:
        return {trial.trace_key for trial in self._matching(workload, target, threads)}

    def top(
        self, workload: str, target: str, count: int, threads: int | None = None
    ) -> list[TrialRecord]:
        return _fastest(self._matching(workload, target, threads), count)

    def tasks(self) -> list[TaskSummary]:
        with self._lock:
            self._guard.check()
            return [self._summary(task) for task in self._tasks()]

    def stats(self) -> Stats:
        with self._lock:
            self._guard.check()
            return Stats(
                workloads=len(self._workloads),
                targets=len(self._targets),
                sessions=len(self._sessions),
                trials=len(self._trials),
                by_outcome=dict(Counter(trial.outcome for trial in self._trials.values())),
                by_workload=dict(Counter(trial.workload for trial in self._trials.values())),
                size_bytes=0,
            )

    def verify(self) -> list[str]:
        return list(text_problems(self.workloads(), self.trials()))

    def _matching(
        self, workload: str | None, target: str | None, threads: int | None
    ) -> list[TrialRecord]:
        with self._lock:
            self._guard.check()
            return [
                trial
                for trial in self._trials.values()
                if workload in (None, trial.workload)
                and target in (None, trial.target)
                and threads in (None, trial.threads)
            ]

    def _tasks(self) -> list[Task]:
        return list(dict.fromkeys(_task(trial) for trial in self._trials.values()))

    def _top(self, task: Task, count: int) -> list[TrialRecord]:
        workload, target, threads = task
        return _fastest(self._matching(workload, target, threads), count)

    def _summary(self, task: Task) -> TaskSummary:
        workload, target, threads = task
        trials = self._matching(workload, target, threads)
        best = next(iter(_fastest(trials, 1)), None)
        return TaskSummary(
            workload=self._workloads[workload],
            target=target,
            threads=threads,
            trials=len(trials),
            failures=sum(trial.outcome != "ok" for trial in trials),
            best_time_ns=best.time_ns if best else None,
        )


def _add(records: dict[Key, Record], key: Key, record: Record) -> bool:
    is_new = key not in records
    records.setdefault(key, record)
    return is_new


def _task(trial: TrialRecord) -> Task:
    return trial.workload, trial.target, trial.threads


def _identity(trial: TrialRecord) -> TrialIdentity:
    return (*_task(trial), trial.trace_key)


def _fastest(trials: list[TrialRecord], count: int) -> list[TrialRecord]:
    timed = [(trial.time_ns, trial) for trial in trials if trial.time_ns is not None]
    timed.sort(key=lambda pair: pair[0])
    return [trial for _, trial in timed[: max(count, 0)]]
