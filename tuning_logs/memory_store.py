"""A store in memory: for tests, and for tuning without a file."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from autosched.errors import DatabaseError
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    failed,
    utc_now,
)
from autosched.tuning_logs.store import Store, check_keep, replaces, unknown_record
from autosched.tuning_logs.summary import Stats, TaskSummary, Unreadable
from autosched.tuning_logs.verify import first_problems, text_problems

Key = TypeVar("Key")
Record = TypeVar("Record")
TrialIdentity = tuple[str, str, int, str]
Task = tuple[str, str, int]


class MemoryStore(Store):
    """Fulfils the contract of `Store` except durability: closing it loses every record.

    A forked process has a copy, and may use that.
    """

    def __init__(self) -> None:
        self.unreadable = Unreadable()
        self._lock = threading.RLock()
        self._is_closed = False
        self._workloads: dict[str, WorkloadRecord] = {}
        self._targets: dict[str, TargetRecord] = {}
        self._sessions: dict[str, SessionRecord] = {}
        self._trials: dict[TrialIdentity, TrialRecord] = {}
        self._claims: dict[TrialIdentity, str] = {}

    def close(self) -> None:
        self._is_closed = True

    def add_workload(self, workload: WorkloadRecord) -> bool:
        with self._locked():
            stored = self._workloads.get(workload.key)
            if stored and replaces("workload", workload.key, stored.content, workload.content):
                self._workloads[workload.key] = workload
            return _add(self._workloads, workload.key, workload)

    def add_target(self, target: TargetRecord) -> bool:
        with self._locked():
            return _add(self._targets, target.text, target)

    def start_session(self, session: SessionRecord) -> bool:
        with self._locked():
            return _add(self._sessions, session.id, session)

    def end_session(self, session_id: str) -> None:
        with self._locked():
            session = self._sessions.get(session_id)
            if session is None:
                raise unknown_record("session", session_id)
            self._sessions[session_id] = replace(session, ended=session.ended or utc_now())
            self._claims = {k: owner for k, owner in self._claims.items() if owner != session_id}

    def add_trial(self, trial: TrialRecord) -> bool:
        with self._locked():
            self._check_known(trial.workload, trial.target, trial.session)
            stored = self._trials.get(_identity(trial))
            self._claims.pop(_identity(trial), None)
            if stored and replaces("trace", trial.trace_key, stored.trace, trial.trace):
                del self._trials[_identity(trial)]
            return _add(self._trials, _identity(trial), trial)

    def add_times(self, trial: TrialRecord, times_ns: Sequence[float]) -> TrialRecord:
        with self._locked():
            stored = self._stored(trial)
            changed = replace(stored, times_ns=(*stored.times_ns, *times_ns))
            self._trials[_identity(trial)] = changed
            return changed

    def refuse(self, trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
        with self._locked():
            changed = failed(self._stored(trial), outcome, reason)
            self._trials[_identity(trial)] = changed
            return changed

    def settle(
        self, workload: str, target: str, threads: int, network_ns: Mapping[str, float]
    ) -> None:
        with self._locked():
            earlier = self.settled(workload, target, threads)
            changed = {_identity(trial): replace(trial, network_ns=None) for trial in earlier}
            for key, time_ns in network_ns.items():
                identity = (workload, target, threads, key)
                if identity not in self._trials:
                    raise unknown_record("trial", key)
                changed[identity] = replace(self._trials[identity], network_ns=time_ns)
            self._trials.update(changed)

    def claim(
        self, workload: str, target: str, threads: int, session: str, trace_keys: Sequence[str]
    ) -> set[str]:
        with self._locked():
            self._check_known(workload, target, session)
            identities = {key: (workload, target, threads, key) for key in trace_keys}
            free = {key for key, identity in identities.items() if identity not in self._trials}
            owners = {key: self._claims.setdefault(identities[key], session) for key in free}
            return {key for key, owner in owners.items() if owner == session}

    def forget(self, workload: str, target: str | None = None, threads: int | None = None) -> int:
        with self._locked():
            removed = self._matching(workload, target, threads)
            for trial in removed:
                del self._trials[_identity(trial)]
            self._claims = {k: owner for k, owner in self._claims.items() if k[0] != workload}
            if not self._matching(workload, None, None):
                self._workloads.pop(workload, None)
            return len(removed)

    def prune(self, keep: int) -> int:
        check_keep(keep)
        with self._locked():
            before = len(self._trials)
            kept = {
                _identity(trial)
                for task in self._tasks()
                for trial in (
                    *_fastest(self._matching(*task), keep),
                    *self.settled(*task)[:1],
                )
            }
            self._trials = {key: trial for key, trial in self._trials.items() if key in kept}
            return before - len(self._trials)

    def workload(self, key: str) -> WorkloadRecord | None:
        with self._locked():
            return self._workloads.get(key)

    def workloads(self) -> list[WorkloadRecord]:
        with self._locked():
            return list(self._workloads.values())

    def targets(self) -> list[TargetRecord]:
        with self._locked():
            return list(self._targets.values())

    def sessions(self) -> list[SessionRecord]:
        with self._locked():
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

    def settled(self, workload: str, target: str, threads: int) -> list[TrialRecord]:
        trials = self._matching(workload, target, threads)
        timed = [(trial.network_ns, trial) for trial in trials if trial.network_ns is not None]
        return [trial for _, trial in sorted(timed, key=lambda pair: pair[0])]

    def tasks(self) -> list[TaskSummary]:
        with self._locked():
            return [self._summary(*task) for task in self._tasks()]

    def stats(self) -> Stats:
        with self._locked():
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
        return first_problems(text_problems(self.workloads(), self.trials()))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise DatabaseError(
                    "expected the store in memory to be open, got one that was closed"
                )
            yield

    def _stored(self, trial: TrialRecord) -> TrialRecord:
        if stored := self._trials.get(_identity(trial)):
            return stored
        raise unknown_record("trial", trial.trace_key)

    def _check_known(self, workload: str, target: str, session: str) -> None:
        for kind, name, known in (
            ("workload", workload, self._workloads),
            ("target", target, self._targets),
            ("session", session, self._sessions),
        ):
            if name not in known:
                raise unknown_record(kind, name)

    def _matching(
        self, workload: str | None, target: str | None, threads: int | None
    ) -> list[TrialRecord]:
        with self._locked():
            return [
                trial
                for trial in self._trials.values()
                if workload in (None, trial.workload)
                and target in (None, trial.target)
                and threads in (None, trial.threads)
            ]

    def _tasks(self) -> list[Task]:
        return list(dict.fromkeys(_task(trial) for trial in self._trials.values()))

    def _summary(self, workload: str, target: str, threads: int) -> TaskSummary:
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
