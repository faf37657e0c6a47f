"""What a store answers when it is asked about many records at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autosched.tuning_logs.records import TrialRecord, WorkloadRecord


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """How far tuning has come for one workload on one target with one thread count."""

    workload: WorkloadRecord
    target: str
    threads: int
    trials: int
    failures: int
    best_time_ns: float | None


@dataclass(frozen=True, slots=True)
class Relative:
    """A workload of the same structure at other sizes, with its best trial."""

    workload: WorkloadRecord
    best: TrialRecord


@dataclass(frozen=True, slots=True)
class Stats:
    """The size of a store: rows by kind, trials by outcome, bytes on disk."""

    workloads: int
    targets: int
    sessions: int
    trials: int
    by_outcome: Mapping[str, int]
    by_workload: Mapping[str, int]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The columns and rows that a SELECT gave, in its order."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
