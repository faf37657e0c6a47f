"""The contract of a tuning store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from autosched.errors import DatabaseError
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    content_key,
)
from autosched.tuning_logs.summary import Relative, Stats, TaskSummary
from autosched.tuning_logs.unreadable import Unreadable


class Store(ABC):
    """Keeps every trial, and finds the best of them again.

    **Threads.** One store object may be used by several threads at once; each method is
    atomic among them.

    **Processes.** A store object belongs to the process that opened it. Another process,
    also a forked one, opens its own; using the parent's raises `DatabaseError`. Stores that
    keep a file may be open in several processes at once, all of them writing.

    **Durability.** What a method has written when it returns is found again by whoever opens
    the store next, even if this process is killed at once. A method that raises has written
    nothing.

    **Uniqueness.** A trial is identified by its workload, target, thread count and trace key.
    Adding it a second time keeps the first and says so; this is no error, since two processes
    may meet at the same candidate. Keys are content hashes, and where a key is known its
    content is compared too. Of two contents under one key the one with this hash stays: a
    broken file's gives way to it, and adding another raises `DatabaseError`.

    **Order.** Records come back in the order in which they were added. Trials of equal time
    rank in that order too.

    **Filters.** Where `workload`, `target` or `threads` may be None, None means any. A
    workload or target that the store has never seen has no trials; asking is no error.

    **Broken rows.** A file may hold rows that are no records, since others may write to it.
    They are passed over, counted in `unreadable`, told about in the log of `autosched` when the
    store is closed, and named by `verify`.

    **Errors.** Every method raises `DatabaseError` on a store that is closed, on a file that
    cannot be read, and, where it writes, on one that cannot be written or stays locked for
    longer than the store is willing to wait.
    """

    unreadable: Unreadable

    @abstractmethod
    def close(self) -> None:
        """Let go of the file. Closing twice is no error; every other use after it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---- writing

    @abstractmethod
    def add_workload(self, workload: WorkloadRecord) -> bool:
        """Make a workload known; False where it was known already, under whichever name.

        Raises `DatabaseError` where the key is known with another content.
        """

    @abstractmethod
    def add_target(self, target: TargetRecord) -> bool:
        """Make a target known; False where it was known already."""

    @abstractmethod
    def start_session(self, session: SessionRecord) -> bool:
        """Record a session before its first trial; False where its id was known already."""

    @abstractmethod
    def end_session(self, session_id: str) -> None:
        """Record that a session ended now; a second end keeps the first.

        Raises `DatabaseError` where no such session was started.
        """

    @abstractmethod
    def add_trial(self, trial: TrialRecord) -> bool:
        """Store one trial; False, and nothing stored, where it was stored already.

        Raises `DatabaseError` where its workload, target or session is unknown, and where its
        trace key is known with another trace.
        """

    @abstractmethod
    def add_times(self, trial: TrialRecord, times_ns: Sequence[float]) -> TrialRecord:
        """Append repeats to a stored trial that is `ok`; the trial as it is stored then.

        For finalists that are measured again. Only what identifies `trial` is looked at.
        Raises `DatabaseError` where it is not stored, is not `ok`, or a time is not positive.
        """

    @abstractmethod
    def claim(
        self, workload: str, target: str, threads: int, session: str, trace_keys: Sequence[str]
    ) -> set[str]:
        """Which of the candidates the session may measure: the others are taken.

        Taken is what is stored, whatever came of it, and what another session claimed. A claim
        ends when its trial is added, when its session ends, some time after its process has
        ended, at once where that can be told, and after half an hour in any case. Raises
        `DatabaseError` where the workload, target or session is unknown.
        """

    @abstractmethod
    def refuse(self, trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
        """Take its times from a stored trial, which turned out not to be `ok`, and say why.

        For finalists that fail a closer look. Only what identifies `trial` is looked at.
        Raises `DatabaseError` where it is not stored, or `outcome` is `ok` or unknown.
        """

    @abstractmethod
    def forget(self, workload: str, target: str | None = None, threads: int | None = None) -> int:
        """Forget the trials of a workload, and the workload where none are left.

        A later search may measure any of them again. Returns how many trials went.
        """

    @abstractmethod
    def prune(self, keep: int) -> int:
        """Forget all trials but the fastest `keep` of each workload, target and thread count.

        Failures are forgotten too, so a later search may measure any of them again. Returns
        how many went. Raises `DatabaseError` where `keep` is less than 1.
        """

    # ---- reading

    @abstractmethod
    def workload(self, key: str) -> WorkloadRecord | None:
        """The workload with this key, or None."""

    @abstractmethod
    def workloads(self) -> list[WorkloadRecord]:
        """Every workload."""

    @abstractmethod
    def targets(self) -> list[TargetRecord]:
        """Every target."""

    @abstractmethod
    def sessions(self) -> list[SessionRecord]:
        """Every session."""

    @abstractmethod
    def trials(
        self, workload: str | None = None, target: str | None = None, threads: int | None = None
    ) -> Iterator[TrialRecord]:
        """The trials, oldest first. Trials added while iterating may or may not be seen."""

    @abstractmethod
    def measured(self, workload: str, target: str, threads: int | None = None) -> set[str]:
        """The trace keys of all trials stored, whatever came of them."""

    @abstractmethod
    def top(
        self, workload: str, target: str, count: int, threads: int | None = None
    ) -> list[TrialRecord]:
        """The fastest trials that are `ok`, at most `count` of them, fastest first."""

    @abstractmethod
    def tasks(self) -> list[TaskSummary]:
        """One summary for each workload, target and thread count that has trials."""

    @abstractmethod
    def stats(self) -> Stats:
        """Counts over the whole store."""

    @abstractmethod
    def verify(self) -> list[str]:
        """What is wrong with the stored data, one sentence each; empty where all is well."""

    # ---- reading, in terms of the above

    def best(self, workload: str, target: str, threads: int | None = None) -> TrialRecord | None:
        """The fastest trial that is `ok`, or None."""
        return next(iter(self.top(workload, target, 1, threads)), None)

    def similar(
        self, shape_free_key: str, target: str, threads: int | None = None
    ) -> list[Relative]:
        """The workloads with this shape-free key that have a best trial on the target."""
        if not shape_free_key:
            return []
        relatives = []
        for workload in self.workloads():
            if workload.shape_free_key != shape_free_key:
                continue
            if best := self.best(workload.key, target, threads):
                relatives.append(Relative(workload, best))
        return relatives


def unknown(kind: str, name: str) -> DatabaseError:
    """The error for a record that refers to another one that was never added."""
    return DatabaseError(
        f"expected a {kind} that the store knows, got {name!r}",
        hint=f"add the {kind} before what refers to it",
    )


def mends(kind: str, key: str, known: object, new: str) -> bool:
    """Whether a content takes the place of another one with its key, which is not its hash.

    Raises `DatabaseError` for two contents of which the new one has the wrong key.
    """
    if known == new:
        return False
    if content_key(new) == key:
        return True
    raise DatabaseError(
        f"expected the {kind} stored under key {key}, got another content with the same key",
        hint="the key must be the hash of the content; content_key() computes it",
    )


def check_keep(keep: int) -> None:
    """Raise `DatabaseError` unless at least one trial is to be kept."""
    if keep < 1:
        raise DatabaseError(f"expected to keep at least 1 trial of each task, got {keep}")
