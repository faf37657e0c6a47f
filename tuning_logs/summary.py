"""Results of a store that summarize many records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autosched.tuning_logs.records import TrialRecord, WorkloadRecord


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """The trials of one workload on one target with one thread count, counted."""

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
    """The columns and rows of a SELECT, in its order."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


@dataclass
class Unreadable:
    """The numbers of the rows that were skipped, by table, with the reason for the first."""

    rows: dict[str, set[object]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, number: object, reason: str) -> None:
        self.reasons.setdefault(table, f"row {number}: {reason}")
        self.rows.setdefault(table, set()).add(number)

    def clear(self) -> None:
        """Forget the rows, which were reported otherwise."""
        self.rows.clear()

    @property
    def sentences(self) -> list[str]:
        """One sentence for each table: the number of rows and the problem of the first."""
        return [
            f"{len(numbers)} {'rows' if len(numbers) > 1 else 'row'} of {table} cannot be read; "
            f"{self.reasons[table]}"
            for table, numbers in self.rows.items()
        ]
