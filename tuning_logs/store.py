"""The interface and contract of a tuning store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from autosched.errors import DatabaseError
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    content_key,
)
from autosched.tuning_logs.summary import Relative, Stats, TaskSummary, Unreadable


class Store(ABC):
    """Stores trials, and what they refer to, and finds the fastest.

    **Threads.** Several threads may use one store object at once; each method is atomic.

    **Processes.** A store object belongs to the process that opened it. Another process,
    including a forked one, must open its own; using the parent's raises `DatabaseError`.
    Several processes may open one file and write to it at once.

    **Durability.** When a method returns, its changes are stored: the next process that opens
    the store finds them, even if this one is killed at once. A method that raises has written
    nothing.

    **Uniqueness.** A trial is identified by its workload, target, thread count and trace key.
    Adding it again keeps the first and returns False; this is no error, since two processes
    may measure the same candidate. Keys are content hashes. If a key is stored already, the
    contents are compared too, and the content whose hash is the key is kept: it replaces the
    wrong content of a damaged file, and adding a wrong content raises `DatabaseError`.

    **Order.** Records are returned in the order in which they were added. Trials of equal time
    rank in that order too.

    **Filters.** `workload`, `target` or `threads` may be None to match any, where the signature
    allows it. An unknown workload or target has no trials; it is no error.

    **Unreadable rows.** A file may hold rows that are not valid records, since other programs
    may write to it. They are skipped, counted in `unreadable`, logged as warnings of the logger
    `autosched` when the store is closed, and reported by `verify`.

    **Errors.** Every method raises `DatabaseError` if the store is closed or the file cannot be
    read. Methods that write also raise it if the file cannot be written, or stays locked for
    longer than the store's timeout.
    """

    unreadable: Unreadable

    @abstractmethod
    def close(self) -> None:
        """Close the file. Closing twice is no error; any other use of a closed store is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ---- writing

    @abstractmethod
    def add_workload(self, workload: WorkloadRecord) -> bool:
        """Add a workload; return False if its key is stored already, under any name.

        Raises `DatabaseError` if the key is stored with another content.
        """

    @abstractmethod
    def add_target(self, target: TargetRecord) -> bool:
        """Add a target; return False if it is stored already."""

    @abstractmethod
    def start_session(self, session: SessionRecord) -> bool:
        """Add a session before its first trial; return False if its id is stored already."""

    @abstractmethod
    def end_session(self, session_id: str) -> None:
        """Record that a session ends now; if it has ended already, keep the first time.

        Raises `DatabaseError` if the session is unknown.
        """

    @abstractmethod
    def add_trial(self, trial: TrialRecord) -> bool:
        """Add a trial; return False, and change nothing, if it is stored already.

        Raises `DatabaseError` if its workload, target or session is unknown, or if its trace
        key is stored with another trace.
        """

    @abstractmethod
    def add_times(self, trial: TrialRecord, times_ns: Sequence[float]) -> TrialRecord:
        """Append repeats to a stored trial that is `ok`, and return the updated trial.

        For finalists that are measured again. `trial` only identifies the stored one. Raises
        `DatabaseError` if it is not stored or not `ok`, or if a time is not positive.
        """

    @abstractmethod
    def claim(
        self, workload: str, target: str, threads: int, session: str, trace_keys: Sequence[str]
    ) -> set[str]:
        """Claim candidates for a session, and return the keys of those it may measure.

        A candidate is refused if its trial is stored, with any outcome, or if another session
        claims it. A claim ends when its trial is added, when its session ends, when its process
        is known to have ended, and after half an hour at the latest. Raises `DatabaseError` if
        the workload, target or session is unknown.
        """

    @abstractmethod
    def refuse(self, trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
        """Change a stored trial to a failed `outcome` without times, and return the new trial.

        For finalists that fail a second check. `trial` only identifies the stored one. Raises
        `DatabaseError` if it is not stored, or if `outcome` is `ok` or unknown.
        """

    @abstractmethod
    def settle(
        self, workload: str, target: str, threads: int, network_ns: Mapping[str, float]
    ) -> None:
        """Replace the times in a network of all trials of a task by these, by trace key.

        Times of one run of a network can be compared; those of an earlier one are dropped.
        Raises `DatabaseError` if a trial is not stored or not `ok`, or a time is not positive.
        """

    @abstractmethod
    def forget(self, workload: str, target: str | None = None, threads: int | None = None) -> int:
        """Delete the trials of a workload, and the workload if it has none left.

        A later search may measure them again. Returns the number of trials deleted.
        """

    @abstractmethod
    def prune(self, keep: int) -> int:
        """Delete all but the fastest `keep` trials of each workload, target and thread count.

        The one that is fastest in a network stays, too. Failed trials are deleted, so a later
        search may measure them again. Returns the number of trials deleted. Raises
        `DatabaseError` if `keep` is less than 1.
        """

    # ---- reading

    @abstractmethod
    def workload(self, key: str) -> WorkloadRecord | None:
        """Return the workload with this key, or None."""

    @abstractmethod
    def workloads(self) -> list[WorkloadRecord]:
        """Return every workload."""

    @abstractmethod
    def targets(self) -> list[TargetRecord]:
        """Return every target."""

    @abstractmethod
    def sessions(self) -> list[SessionRecord]:
        """Return every session."""

    @abstractmethod
    def trials(
        self, workload: str | None = None, target: str | None = None, threads: int | None = None
    ) -> Iterator[TrialRecord]:
        """Yield the trials, oldest first. Trials added meanwhile may or may not be included."""

    @abstractmethod
    def measured(self, workload: str, target: str, threads: int | None = None) -> set[str]:
        """Return the trace keys of all stored trials, with any outcome."""

    @abstractmethod
    def top(
        self, workload: str, target: str, count: int, threads: int | None = None
    ) -> list[TrialRecord]:
        """Return at most `count` trials that are `ok`, fastest first."""

    @abstractmethod
    def settled(self, workload: str, target: str, threads: int) -> list[TrialRecord]:
        """Return the trials with a time in a network, the fastest there first."""

    @abstractmethod
    def tasks(self) -> list[TaskSummary]:
        """Return one summary for each workload, target and thread count that has trials."""

    @abstractmethod
    def stats(self) -> Stats:
        """Return counts over the whole store."""

    @abstractmethod
    def verify(self) -> list[str]:
        """Return one sentence for each problem of the stored data."""

    # ---- reading, by the methods above

    def best(self, workload: str, target: str, threads: int | None = None) -> TrialRecord | None:
        """Return the fastest trial that is `ok`, or None."""
        return next(iter(self.top(workload, target, 1, threads)), None)

    def similar(
        self, shape_free_key: str, target: str, threads: int | None = None
    ) -> list[Relative]:
        """Return the workloads with this shape-free key, each with its best trial.

        Workloads without an `ok` trial on the target are left out.
        """
        if not shape_free_key:
            return []
        relatives = []
        for workload in self.workloads():
            if workload.shape_free_key != shape_free_key:
                continue
            if best := self.best(workload.key, target, threads):
                relatives.append(Relative(workload, best))
        return relatives


def unknown_record(kind: str, name: str) -> DatabaseError:
    """Return the error for a reference to a record that was never added."""
    return DatabaseError(
        f"expected a {kind} that the store knows, got {name!r}",
        hint=f"add the {kind} before the records that refer to it",
    )


def replaces(kind: str, key: str, stored: object, new: str) -> bool:
    """Return whether a new content must replace the stored content of the same key.

    It does if only its hash is the key. Raises `DatabaseError` if the contents differ and the
    new one's hash is not the key.
    """
    if stored == new:
        return False
    if content_key(new) == key:
        return True
    raise DatabaseError(
        f"expected the {kind} stored under key {key}, got another content with the same key",
        hint="the key must be the hash of the content; content_key() computes it",
    )


def check_keep(keep: int) -> None:
    """Raise `DatabaseError` unless `keep` is at least 1."""
    if keep < 1:
        raise DatabaseError(f"expected to keep at least 1 trial of each task, got {keep}")
